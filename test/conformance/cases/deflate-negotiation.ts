/**
 * Offers of permessage-deflate: every combination of the four parameters, on servers that keep the context and that do not;
 * offers that must be declined; several offers (RFC 7692 sections 5 and 7.1). A table; owned by all-cases.ts; nothing to end.
 */
import {
  echoBinary,
  echoText,
  expects,
  type FrameCase,
  type HandshakeCase,
  message,
  type Profile,
  passes,
  send,
} from '../cases.ts'
import { SAMPLE_KEY } from '../http-answer.ts'
import { json, noise, repeatBeyond } from '../samples.ts'

const BITS = [8, 9, 10, 11, 12, 13, 14, 15]
const FLAGS = [false, true]
const PROFILES = ['deflate', 'deflate-takeover'] as const satisfies readonly Profile[]
const RFC = '7692 7.1'

/** What the server must repeat, beyond the RFC: `deflate` never keeps context, whatever is offered. */
function answerOf(on: Profile): readonly string[] {
  return on === 'deflate' ? ['server_no_context_takeover', 'client_no_context_takeover'] : []
}

const WORDS = json(300)

/** Twice the same, so that context is used if there is any; a repetition just beyond the window; noise; nothing. */
function conversation(serverBits: number, clientBits: number) {
  const far = repeatBeyond(serverBits)
  const near = repeatBeyond(clientBits)
  return [
    send(message('text', WORDS), message('text', WORDS)),
    expects(echoText(WORDS), echoText(WORDS)),
    send(message('binary', far), message('text', '')),
    expects(echoBinary(far), echoText('')),
    send(message('binary', near), message('binary', noise(200)), message('text', WORDS, { fragmentBytes: 7 })),
    expects(echoBinary(near), echoBinary(noise(200)), echoText(WORDS)),
  ]
}

const combinations: FrameCase[] = PROFILES.flatMap((on) =>
  FLAGS.flatMap((serverDrops) =>
    FLAGS.flatMap((clientDrops) =>
      [null, ...BITS].flatMap((serverBits) =>
        [null, 'any' as const, ...BITS].map((clientBits) => {
          const offer = [
            'permessage-deflate',
            ...(serverDrops ? ['server_no_context_takeover'] : []),
            ...(clientDrops ? ['client_no_context_takeover'] : []),
            ...(serverBits === null ? [] : [`server_max_window_bits=${serverBits}`]),
            ...(clientBits === null ? [] : [`client_max_window_bits${clientBits === 'any' ? '' : `=${clientBits}`}`]),
          ].join('; ')
          const words = [
            serverDrops ? 'server-drops' : 'server-keeps',
            clientDrops ? 'client-drops' : 'client-keeps',
            `server-${serverBits ?? 'none'}`,
            `client-${clientBits ?? 'none'}`,
          ]
          return passes(
            `deflate.offer.${on}.${words.join('.')}`,
            offer,
            RFC,
            () => conversation(serverBits ?? 15, clientBits === null || clientBits === 'any' ? 15 : clientBits),
            // Windows of 256 bytes: zlib has none, so a server may decline them.
            { on, offer, agreed: serverBits === 8 || clientBits === 8 ? 'either' : 'yes', answerHas: answerOf(on) },
          )
        }),
      ),
    ),
  ),
)

/** Well-formed headers whose offer is invalid: the server must decline and go on without compression (7). */
const INVALID: Readonly<Record<string, string>> = {
  'unknown-parameter': 'permessage-deflate; mystery',
  'unknown-parameter-with-value': 'permessage-deflate; mystery=1',
  'server-takeover-with-value': 'permessage-deflate; server_no_context_takeover=1',
  'client-takeover-with-value': 'permessage-deflate; client_no_context_takeover=true',
  'server-takeover-twice': 'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'client-takeover-twice': 'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
  'server-bits-twice': 'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
  'client-bits-twice': 'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
  'server-bits-no-value': 'permessage-deflate; server_max_window_bits',
  ...Object.fromEntries(
    ['0', '1', '7', '16', '17', '32', '08', '09', '010', '015', '100', '-9', '9.0', '1e1', '0x9', 'a', 'ten'].flatMap(
      (value) => [
        [`server-bits-${value}`, `permessage-deflate; server_max_window_bits=${value}`],
        [`client-bits-${value}`, `permessage-deflate; client_max_window_bits=${value}`],
      ],
    ),
  ),
  'quoted-bits-16': 'permessage-deflate; server_max_window_bits="16"',
  'other-extension': 'x-webkit-deflate-frame',
  'other-name': 'permessage-deflate2',
  'other-compression': 'permessage-bzip2; server_no_context_takeover',
}

const declined: FrameCase[] = PROFILES.flatMap((on) =>
  Object.entries(INVALID).map(([name, offer]) =>
    passes(
      `deflate.declined.${on}.${name}`,
      `declined: ${offer}`,
      '7692 7',
      [send(message('text', 'plain')), expects(echoText('plain'))],
      {
        on,
        offer,
        agreed: 'no',
      },
    ),
  ),
)

/** At least one of the offers is good; the client's peer reads the answer against all of them. */
const SEVERAL: Readonly<Record<string, string>> = {
  'invalid-then-valid': 'permessage-deflate; mystery, permessage-deflate',
  'two-invalid-then-valid': 'permessage-deflate; server_max_window_bits=7, permessage-deflate; x=1, permessage-deflate',
  'other-then-valid': 'permessage-bzip2, permessage-deflate; client_max_window_bits',
  'valid-then-other': 'permessage-deflate; client_max_window_bits, permessage-bzip2',
  'valid-then-invalid': 'permessage-deflate; server_max_window_bits=11, permessage-deflate; server_max_window_bits=16',
  'two-valid': 'permessage-deflate; server_max_window_bits=10, permessage-deflate',
  'no-spaces': 'permessage-deflate;server_max_window_bits=12;client_max_window_bits,permessage-deflate',
  'many-spaces': 'permessage-deflate  ;   server_max_window_bits=12 ;\tclient_max_window_bits  ,  permessage-deflate',
  'quoted-value': 'permessage-deflate; server_max_window_bits="12"',
  'quoted-values': 'permessage-deflate; client_max_window_bits="10"; server_max_window_bits="11"',
  chrome: 'permessage-deflate; client_max_window_bits',
  firefox: 'permessage-deflate',
  safari: 'permessage-deflate',
  'ten-offers': `${Array.from({ length: 9 }, (_, index) => `x-${index}; a=b`).join(', ')}, permessage-deflate`,
  'parameters-in-odd-order':
    'permessage-deflate; client_max_window_bits=13; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover',
}

const several: FrameCase[] = PROFILES.flatMap((on) =>
  Object.entries(SEVERAL).map(([name, offer]) =>
    passes(`deflate.several.${on}.${name}`, `agreed: ${offer}`, '7692 5, 6455 9.1', () => conversation(9, 9), {
      on,
      offer,
      answerHas: answerOf(on),
    }),
  ),
)

const prefers: FrameCase[] = PROFILES.flatMap((on) =>
  [9, 10, 14].map((bits) =>
    passes(
      `deflate.prefers-first.${on}.${bits}`,
      'of two valid offers the first is taken',
      '7692 5: in order of preference',
      [send(message('text', 'hello')), expects(echoText('hello'))],
      {
        on,
        offer: `permessage-deflate; server_max_window_bits=${bits}, permessage-deflate`,
        answerHas: [`server_max_window_bits=${bits}`],
      },
    ),
  ),
)

const off: FrameCase[] = ['permessage-deflate', 'permessage-deflate; client_max_window_bits'].map((offer, index) =>
  passes(
    `deflate.off.${index}`,
    `a server without deflate declines ${offer}`,
    '7692 5',
    [send(message('text', 'plain')), expects(echoText('plain'))],
    { offer, agreed: 'either' },
  ),
)

/** Headers that are not an extension list at all: the handshake must fail (RFC 6455 section 9.1). */
const MALFORMED: Readonly<Record<string, string>> = {
  'empty-parameter': 'permessage-deflate;',
  'empty-parameter-inside': 'permessage-deflate;;client_max_window_bits',
  'no-value-after-equals': 'permessage-deflate; server_max_window_bits=',
  'space-in-name': 'permessage deflate',
  'unterminated-quote': 'permessage-deflate; server_max_window_bits="10',
  'not-a-token': 'permessage-deflate; a=(b)',
  'quoted-not-token': 'permessage-deflate; a="b c"',
  'only-semicolon': ';',
  'only-equals': '=',
}

export const malformedOfferCases: readonly HandshakeCase[] = PROFILES.flatMap((on) =>
  Object.entries(MALFORMED).map(
    ([name, value]): HandshakeCase => ({
      type: 'handshake',
      id: `deflate.malformed.${on}.${name}`,
      about: `not an extension list: ${value}`,
      rfc: '6455 9.1',
      on,
      request: [
        'GET {path} HTTP/1.1',
        'Host: {host}:{port}',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${SAMPLE_KEY}`,
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Extensions: ${value}`,
      ],
      chunkBytes: null,
      early: null,
      expect: { status: 'refused', headers: { 'sec-websocket-accept': null } },
    }),
  ),
)

export const negotiationCases: readonly FrameCase[] = [...combinations, ...declined, ...several, ...prefers, ...off]

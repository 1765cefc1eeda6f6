import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeflateOptions, negotiateDeflate } from '../../../src/protocol/deflate-params.ts'
import { parseExtensions } from '../../../src/protocol/extension-header.ts'

const OPTIONS: DeflateOptions = {
  level: 6,
  memLevel: 8,
  thresholdBytes: 0,
  serverContextTakeover: false,
  clientContextTakeover: false,
  serverWindowBitsMax: 15,
  clientWindowBitsMax: 15,
}
const KEEPING: DeflateOptions = { ...OPTIONS, serverContextTakeover: true, clientContextTakeover: true }

const answer = (header: string, options: DeflateOptions): string | null =>
  negotiateDeflate(parseExtensions(header) ?? assert.fail(header), options)?.response ?? null

test('no context takeover either way unless the options allow it', () => {
  const agreed = negotiateDeflate(parseExtensions('permessage-deflate; client_max_window_bits') ?? [], OPTIONS)
  assert.deepEqual(agreed, {
    params: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverWindowBits: 15,
      clientWindowBits: 15,
    },
    response: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  })
  assert.equal(answer('permessage-deflate', KEEPING), 'permessage-deflate')
  const onlyServer = { ...KEEPING, clientContextTakeover: false }
  assert.equal(answer('permessage-deflate', onlyServer), 'permessage-deflate; client_no_context_takeover')
  const onlyClient = { ...KEEPING, serverContextTakeover: false }
  assert.equal(answer('permessage-deflate', onlyClient), 'permessage-deflate; server_no_context_takeover')
})

test('what the client asks for is granted and said', () => {
  const cases: [string, string][] = [
    ['server_no_context_takeover', '; server_no_context_takeover'],
    ['client_no_context_takeover', '; client_no_context_takeover'],
    ['server_max_window_bits=10', '; server_max_window_bits=10'],
    ['server_max_window_bits=15', '; server_max_window_bits=15'],
    ['server_max_window_bits=8', '; server_max_window_bits=8'],
    ['server_max_window_bits="9"', '; server_max_window_bits=9'],
    ['client_max_window_bits', ''],
    ['client_max_window_bits=15', ''],
    ['client_max_window_bits=8', '; client_max_window_bits=8'],
    ['client_max_window_bits=11; server_max_window_bits=12', '; server_max_window_bits=12; client_max_window_bits=11'],
  ]
  for (const [params, said] of cases) {
    assert.equal(answer(`permessage-deflate; ${params}`, KEEPING), `permessage-deflate${said}`, params)
  }
})

test('smaller windows of ours are said unasked, the client is only asked for one when it offered', () => {
  const small = { ...KEEPING, serverWindowBitsMax: 11, clientWindowBitsMax: 12 }
  const cases: [string, string][] = [
    ['permessage-deflate', '; server_max_window_bits=11'],
    ['permessage-deflate; server_max_window_bits=15', '; server_max_window_bits=11'],
    ['permessage-deflate; server_max_window_bits=9', '; server_max_window_bits=9'],
    ['permessage-deflate; client_max_window_bits', '; server_max_window_bits=11; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=15', '; server_max_window_bits=11; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=10', '; server_max_window_bits=11; client_max_window_bits=10'],
  ]
  for (const [header, said] of cases) assert.equal(answer(header, small), `permessage-deflate${said}`, header)
  const unasked = negotiateDeflate([{ name: 'permessage-deflate', params: [] }], small)
  assert.equal(unasked?.params.clientWindowBits, 15)
})

test('every combination of parameters answers within what was offered and allowed', () => {
  const bits = [undefined, 8, 9, 12, 15]
  let count = 0
  for (const [serverBits, clientBits] of bits.flatMap((a) => [...bits, null].map((b) => [a, b] as const))) {
    for (let flags = 0; flags < 16; flags += 1) {
      for (const max of [8, 10, 15]) {
        const params: string[] = []
        if (flags & 1) params.push('; server_no_context_takeover')
        if (flags & 2) params.push('; client_no_context_takeover')
        if (serverBits !== undefined) params.push(`; server_max_window_bits=${serverBits}`)
        if (clientBits !== undefined)
          params.push(`; client_max_window_bits${clientBits === null ? '' : `=${clientBits}`}`)
        const options: DeflateOptions = {
          ...OPTIONS,
          serverContextTakeover: (flags & 4) > 0,
          clientContextTakeover: (flags & 8) > 0,
          serverWindowBitsMax: max,
          clientWindowBitsMax: max,
        }
        const agreed = negotiateDeflate(
          parseExtensions(`permessage-deflate${params.reverse().join('')}`) ?? [],
          options,
        )
        if (agreed === null) assert.fail(params.join(''))
        const said = new Map(parseExtensions(agreed.response)?.[0]?.params.map(({ name, value }) => [name, value]))
        assert.equal(agreed.params.serverWindowBits, Math.min(serverBits ?? 15, max))
        assert.equal(Number(said.get('server_max_window_bits') ?? 15), agreed.params.serverWindowBits)
        assert.equal(said.has('server_max_window_bits'), serverBits !== undefined || max < 15)
        assert.equal(Number(said.get('client_max_window_bits') ?? 15), agreed.params.clientWindowBits)
        assert.ok(clientBits !== undefined || !said.has('client_max_window_bits'))
        assert.equal(said.has('server_no_context_takeover'), agreed.params.serverNoContextTakeover)
        assert.equal(said.has('client_no_context_takeover'), agreed.params.clientNoContextTakeover)
        assert.equal(agreed.params.serverNoContextTakeover, (flags & 1) > 0 || (flags & 4) === 0)
        assert.equal(agreed.params.clientNoContextTakeover, (flags & 2) > 0 || (flags & 8) === 0)
        count += 1
      }
    }
  }
  assert.equal(count, 5 * 6 * 16 * 3)
})

test('an offer that breaks a rule is declined, and the next one taken', () => {
  const bad = [
    'unknown',
    'server_no_context_takeover=1',
    'client_no_context_takeover=true',
    'server_no_context_takeover; server_no_context_takeover',
    'client_no_context_takeover; client_no_context_takeover',
    'server_max_window_bits',
    'server_max_window_bits=7',
    'server_max_window_bits=16',
    'server_max_window_bits=010',
    'server_max_window_bits=1e1',
    'server_max_window_bits=0xa',
    'server_max_window_bits=+10',
    'server_max_window_bits=10.0',
    'server_max_window_bits=10; server_max_window_bits=10',
    'client_max_window_bits=7',
    'client_max_window_bits=16',
    'client_max_window_bits=08',
    'client_max_window_bits=x',
    'client_max_window_bits; client_max_window_bits',
    'client_max_window_bits; client_max_window_bits=9',
    'SERVER_NO_CONTEXT_TAKEOVER',
    '__proto__',
    'constructor=1',
  ]
  for (const params of bad) {
    assert.equal(answer(`permessage-deflate; ${params}`, KEEPING), null, params)
    assert.equal(
      answer(
        `permessage-deflate; ${params}, permessage-deflate; client_max_window_bits=9, permessage-deflate`,
        KEEPING,
      ),
      'permessage-deflate; client_max_window_bits=9',
    )
  }
})

test('other extensions are passed over', () => {
  assert.equal(negotiateDeflate([], KEEPING), null)
  assert.equal(answer('x-webkit-deflate-frame, permessage-bzip2; a', KEEPING), null)
  assert.equal(answer('x-webkit-deflate-frame, permessage-deflate', KEEPING), 'permessage-deflate')
})

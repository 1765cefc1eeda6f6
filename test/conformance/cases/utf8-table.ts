/**
 * Byte sequences that are UTF-8 and that are not: Markus Kuhn's stress test and the rest of Autobahn 6.x, by RFC 3629.
 * A table of hexadecimal; owned by utf8.ts; nothing to end.
 */

export interface Sequence {
  readonly id: string
  readonly hex: string
  readonly valid: boolean
}

function rows(valid: boolean, table: Readonly<Record<string, string>>): Sequence[] {
  return Object.entries(table).map(([id, hex]) => ({ id, hex: hex.replaceAll(' ', ''), valid }))
}

const KOSME = 'cebae1bdb9cf83cebcceb5'

const valid: Sequence[] = rows(true, {
  kosme: KOSME,
  mixed: Buffer.from('Hello-µ@ßöäüàá-UTF-8!!').toString('hex'),
  nul: '00',
  'ascii-controls': '01090a0d1b1f7f',
  'first.2': 'c280',
  'first.3': 'e0a080',
  'first.4': 'f0908080',
  'last.1': '7f',
  'last.2': 'dfbf',
  'last.3': 'efbfbf',
  'last.4': 'f48fbfbf',
  'boundary.d7ff': 'ed9fbf',
  'boundary.e000': 'ee8080',
  'boundary.fffd': 'efbfbd',
  'boundary.ecbfbf': 'ecbfbf',
  'boundary.f3bfbfbf': 'f3bfbfbf',
  'boundary.f1808080': 'f1808080',
  bom: 'efbbbf',
  'bom-then-text': 'efbbbf68656c6c6f',
  'noncharacter.fffe': 'efbfbe',
  'noncharacter.1fffe': 'f09fbfbe',
  'noncharacter.1ffff': 'f09fbfbf',
  'noncharacter.2fffe': 'f0afbfbe',
  'noncharacter.2ffff': 'f0afbfbf',
  'noncharacter.3fffe': 'f0bfbfbe',
  'noncharacter.7ffff': 'f1bfbfbf',
  'noncharacter.bfffe': 'f2bfbfbe',
  'noncharacter.ffffe': 'f3bfbfbe',
  'noncharacter.10fffe': 'f48fbfbe',
  'noncharacter.fdd0-fdef': 'efb790efb7af',
  'specials.fff9-fffd': 'efbfb9efbfbaefbfbbefbfbcefbfbd',
  'replacement-then-text': 'efbfbd61',
  emoji: 'f09f9880f09f918de2808df09f92bb',
  'euro-many': 'e282ac'.repeat(40),
})

/** Prefixes of "κόσμε": Autobahn 6.6. Some end with a character, some inside one. */
const prefixes: Sequence[] = Array.from({ length: KOSME.length / 2 }, (_, index) => {
  const whole = [2, 5, 7, 9, 11]
  return { id: `prefix.${index + 1}`, hex: KOSME.slice(0, (index + 1) * 2), valid: whole.includes(index + 1) }
})

function lonely(first: number, last: number): Sequence[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const byte = (first + index).toString(16)
    return { id: `lonely-start.${byte}`, hex: `${byte}20`, valid: false }
  })
}

const CONTINUATIONS = Array.from({ length: 64 }, (_, index) => (0x80 + index).toString(16)).join('')
const UNFINISHED = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf']

const invalid: Sequence[] = rows(false, {
  'autobahn-6.3': `${KOSME}eda080656469746564`,
  'autobahn-6.4': `${KOSME}f4908080656469746564`,
  'length.5.first': 'f888808080',
  'length.6.first': 'fc8480808080',
  'length.4.beyond': 'f7bfbfbf',
  'length.5.last': 'fbbfbfbfbf',
  'length.6.last': 'fdbfbfbfbfbf',
  'beyond-10ffff.first': 'f4908080',
  'beyond-10ffff.f5': 'f5808080',
  'beyond-10ffff.f4bf': 'f4bfbfbf',
  'continuation.80': '80',
  'continuation.bf': 'bf',
  'continuation.2': '80bf',
  'continuation.3': '80bf80',
  'continuation.4': '80bf80bf',
  'continuation.5': '80bf80bf80',
  'continuation.6': '80bf80bf80bf',
  'continuation.7': '80bf80bf80bf80',
  'continuation.all-64': CONTINUATIONS,
  'continuation.after-character': 'c3a980',
  'continuation.after-ascii': '616180',
  'unfinished.all': UNFINISHED.join(''),
  'impossible.fe': 'fe',
  'impossible.ff': 'ff',
  'impossible.fefeffff': 'fefeffff',
  'overlong.slash.2': 'c0af',
  'overlong.slash.3': 'e080af',
  'overlong.slash.4': 'f08080af',
  'overlong.slash.5': 'f8808080af',
  'overlong.slash.6': 'fc80808080af',
  'overlong.maximum.2': 'c1bf',
  'overlong.maximum.3': 'e09fbf',
  'overlong.maximum.4': 'f08fbfbf',
  'overlong.maximum.5': 'f887bfbfbf',
  'overlong.maximum.6': 'fc83bfbfbfbf',
  'overlong.nul.2': 'c080',
  'overlong.nul.3': 'e08080',
  'overlong.nul.4': 'f0808080',
  'overlong.nul.5': 'f880808080',
  'overlong.nul.6': 'fc8080808080',
  'surrogate.d800': 'eda080',
  'surrogate.db7f': 'edadbf',
  'surrogate.db80': 'edae80',
  'surrogate.dbff': 'edafbf',
  'surrogate.dc00': 'edb080',
  'surrogate.df80': 'edbe80',
  'surrogate.dfff': 'edbfbf',
  'surrogates.d800-dc00': 'eda080edb080',
  'surrogates.d800-dfff': 'eda080edbfbf',
  'surrogates.db7f-dc00': 'edadbfedb080',
  'surrogates.db7f-dfff': 'edadbfedbfbf',
  'surrogates.db80-dc00': 'edae80edb080',
  'surrogates.db80-dfff': 'edae80edbfbf',
  'surrogates.dbff-dc00': 'edafbfedb080',
  'surrogates.dbff-dfff': 'edafbfedbfbf',
  'wrong-continuation.2': 'c328',
  'wrong-continuation.3-second': 'e228a1',
  'wrong-continuation.3-third': 'e28228',
  'wrong-continuation.4-second': 'f0288cbc',
  'wrong-continuation.4-third': 'f09028bc',
  'wrong-continuation.4-fourth': 'f0908c28',
  'wrong-continuation.start-after-start': 'c3c3a9',
  'latin-1': '63616be9',
})

const unfinished: Sequence[] = UNFINISHED.map((hex) => ({ id: `unfinished.${hex}`, hex, valid: false }))

export const SEQUENCES: readonly Sequence[] = [...valid, ...prefixes, ...invalid, ...unfinished, ...lonely(0xc0, 0xfd)]

/**
 * Where bytes stop being the start of any UTF-8 (RFC 3629 section 4): the index of the first byte that cannot stand there,
 * or -1 when more bytes, or none, could make it valid.
 */
export function firstImpossible(bytes: Uint8Array): number {
  let needed = 0
  let low = 0x80
  let high = 0xbf
  for (const [index, byte] of bytes.entries()) {
    if (needed > 0) {
      if (byte < low || byte > high) return index
      needed--
      low = 0x80
      high = 0xbf
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return index
      needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
      if (byte === 0xe0) low = 0xa0
      if (byte === 0xed) high = 0x9f
      if (byte === 0xf0) low = 0x90
      if (byte === 0xf4) high = 0x8f
    }
  }
  return -1
}

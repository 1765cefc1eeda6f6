/**
 * The programs of the corpus, each with the right answer as its head and its marks say it (README.md has the form). Reads files;
 * holds nothing.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peersFolder } from '../peers/programs.js'

export const FOLDER = fileURLToPath(new URL('programs', import.meta.url))

export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
}

export interface Answer {
  readonly verdict: 'leak' | 'harmless'
  /** Of the variable or property that holds; several where each is right. None for what is harmless. */
  readonly holders: readonly string[]
  /** What is listened to, or the function that made the timer. */
  readonly event: string | null
  /** Where it is declared or first assigned; several where each is right. */
  readonly places: readonly Place[]
}

export interface Program {
  /** Its file without the ending. */
  readonly name: string
  /** What is run. */
  readonly path: string
  /** What it is, in the words of its head. */
  readonly about: string
  readonly answer: Answer
}

/** By name; those whose name has the word in it. */
export function programs(word = ''): readonly Program[] {
  return [FOLDER, join(FOLDER, 'compiled')]
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((path) => /\.c?js$/.test(path))
    .map((path) => programOf(path, sourcesOf(path)))
    .filter(({ name }) => name.includes(word))
    .sort((x, y) => (x.name < y.name ? -1 : 1))
}

/** The file itself, or what it was compiled from. */
function sourcesOf(path: string): readonly (readonly [file: string, text: string])[] {
  const text = readFileSync(path, 'utf8')
  const map = /^\/\/# sourceMappingURL=(.+)$/m.exec(text)?.[1]
  if (map === undefined) return [[realpathSync(path), text], ...modulesOf(path)]
  const { sources } = JSON.parse(readFileSync(join(dirname(path), map), 'utf8')) as { sources: string[] }
  return sources.map((source) => {
    const file = realpathSync(resolve(dirname(path), source))
    return [file, readFileSync(file, 'utf8')] as const
  })
}

/** The modules of a program that has several: in the folder of its name. */
function modulesOf(path: string): readonly (readonly [file: string, text: string])[] {
  const folder = path.replace(/\.c?js$/, '')
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((name) => {
    const file = realpathSync(join(folder, name))
    return [file, readFileSync(file, 'utf8')] as const
  })
}

/** @throws when head or marks do not say what is right */
export function programOf(path: string, sources: readonly (readonly [file: string, text: string])[]): Program {
  const name = basename(path).replace(/\.c?js$/, '')
  const head = sources.map(([, text]) => headOf(text)).find((text) => /^verdict: /m.test(text))
  if (head === undefined) throw new Error(`${name}: no line "// verdict: leak" or "// verdict: harmless" in its head`)
  const says = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(head)?.[1] ?? null
  const verdict = says('verdict')
  const line = says('line')
  const holders = says('holder')?.split(' | ') ?? []
  const places = sources.flatMap(([file, text]) => marked(file, text)).concat(line === null ? [] : placeInPeers(line))
  if (verdict !== 'leak' && verdict !== 'harmless')
    throw new Error(`${name}: verdict is "${verdict}", wanted leak or harmless`)
  if ((verdict === 'leak') !== holders.length > 0)
    throw new Error(`${name}: a leak has a line "// holder: NAME", what is harmless has none`)
  if ((verdict === 'leak') !== places.length > 0)
    throw new Error(`${name}: a leak has a line marked "// ← holds", what is harmless has none`)
  const about = head.split('\n\n')[0]?.replaceAll('\n', ' ').trim() ?? ''
  return { name, path, about, answer: { verdict, holders, event: says('event'), places } }
}

/** The comment with which a file begins, as plain text. */
function headOf(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('//'))
  return lines
    .slice(0, end)
    .map((line) => line.slice(3))
    .join('\n')
}

function marked(file: string, text: string): readonly Place[] {
  return text.split('\n').flatMap((line, index) => {
    if (/\/\/ ← (or )?holds$/.test(line)) return [{ file, line: index + 1 }]
    return /^\s*\/\/ ↓ (or )?holds$/.test(line) ? [{ file, line: index + 2 }] : []
  })
}

/** `express-session/session/memory.js: this.sessions = …`: a line of a library, found by what stands in it. */
function placeInPeers(said: string): Place {
  const [, path = '', text = ''] = /^(\S+): (.+)$/.exec(said) ?? []
  const file = realpathSync(join(peersFolder, 'node_modules', path))
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text))
  if (text === '' || line < 0) throw new Error(`no line "${text}" in ${file}`)
  return { file, line: line + 1 }
}

/**
 * The documents of the repository and what can be found in them: code blocks, links, names. Pure reading; nothing to end.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

export interface Document {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
}

export interface Block {
  /** `README.md:31`: the document and the line of the fence. */
  readonly at: string
  readonly language: string
  /** What stands behind the language, for example `fragment`. */
  readonly info: string
  readonly code: string
}

/** README.md, CHANGELOG.md and everything below docs/. */
export function documents(): Document[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
    .sort()
  return ['README.md', 'CHANGELOG.md', ...below].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

export function blocksOf(document: Document): Block[] {
  const blocks: Block[] = []
  const lines = document.text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const fence = /^```(\w+)\s*(.*)$/.exec(lines[index] as string)
    if (fence === null) continue
    const end = lines.indexOf('```', index + 1)
    if (end === -1) throw new Error(`${document.path}:${index + 1}: the block has no end`)
    const code = `${lines.slice(index + 1, end).join('\n')}\n`
    blocks.push({
      at: `${document.path}:${index + 1}`,
      language: fence[1] as string,
      info: (fence[2] ?? '').trim(),
      code,
    })
    index = end
  }
  return blocks
}

/** The blocks that run: all of JavaScript and TypeScript but those marked `fragment`. */
export function isRunnable(block: Block): boolean {
  return (block.language === 'js' || block.language === 'ts') && block.info !== 'fragment'
}

/** A document without its code blocks. */
export function proseOf(document: Document): string {
  return document.text.replace(/^```\w[\s\S]*?^```$/gm, '')
}

/** The names of a document's headings as GitHub links to them. */
export function anchorsOf(document: Document): Set<string> {
  const headings = [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading as string)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

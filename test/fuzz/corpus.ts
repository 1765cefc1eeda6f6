/**
 * What once failed, kept in corpus/ and replayed before anything new: lines of cases.txt, and streams as bytes in hex.
 * Reads files, writes none; nothing to end.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { type Finding, runTarget } from './campaign.ts'
import { judge } from './judge.ts'
import { weRead, wsReads } from './readers.ts'
import { TARGETS } from './targets.ts'

const FOLDER = new URL('./corpus/', import.meta.url)

/** A case of a target that once failed: `target seed case reason…`. */
export interface KeptCase {
  readonly target: string
  readonly seed: number
  readonly index: number
}

export function keptCases(): KeptCase[] {
  return linesOf('cases.txt').map((line) => {
    const [target = '', seed, index] = line.split(' ')
    return { target, seed: Number(seed), index: Number(index) }
  })
}

/** Streams for the reader, by the name of their file: whatever the drawing of cases becomes, these stay. */
export function keptStreams(): { readonly name: string; readonly bytes: Buffer }[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.hex'))
  return names.map((name) => ({ name, bytes: Buffer.from(linesOf(name).join('').replaceAll(' ', ''), 'hex') }))
}

/** Everything in the corpus once; returns what is wrong again. */
export async function replayCorpus(): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { target: name, seed, index } of keptCases()) {
    const target = TARGETS.find((one) => one.name === name)
    if (target === undefined) throw new Error(`corpus/cases.txt names an unknown target: ${name}`)
    const { finding } = await runTarget(target, seed, Number.POSITIVE_INFINITY, index, 1)
    if (finding !== null) findings.push(finding)
  }
  for (const { name, bytes } of keptStreams()) {
    try {
      await replayStream(bytes)
    } catch (thrown) {
      findings.push({ target: name, seed: 0, index: 0, error: thrown as Error })
    }
  }
  return findings
}

async function replayStream(bytes: Buffer): Promise<void> {
  const limits = { messageBytesMax: 65_536, fragmentsMax: 4, controlFramesPerSecondMax: 1 << 20 }
  for (const size of [bytes.length, 1, 2, 3]) {
    const chunks = (): Buffer[] => {
      const cut: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) cut.push(Buffer.from(bytes.subarray(at, at + size)))
      return cut
    }
    const ours = weRead(chunks(), limits, null)
    const theirs = await wsReads(chunks(), limits, null)
    judge({ ours, theirs, deflate: false, more: (tail) => weRead([...chunks(), tail], limits, null) })
  }
}

/** Lines without comments and empty ones. */
function linesOf(name: string): string[] {
  const lines = readFileSync(new URL(name, FOLDER), 'utf8').split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

/**
 * From the frames of V8 to those of a profile: names that tools can show, and files and lines as they were written.
 * Pure but for the source maps, which are asked; holds nothing.
 */
import type { Frame } from './plain-profile.ts'
import { fileOf, type Place } from './script-map.ts'
import type { SourceMaps } from './source-maps.ts'

/** A function as V8's profilers name it: where it begins, counted from 0; -1 where there is no code. */
export interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** A function, and the line in it that ran, counted from 0; null: none in particular. */
export interface CodePlace {
  readonly callFrame: CallFrame
  readonly line: number | null
}

/** The frames of these places, in their order. */
export async function framesOf(
  places: readonly CodePlace[],
  maps: SourceMaps,
  signal: AbortSignal,
): Promise<readonly Frame[]> {
  const byScript = new Map<string, number[]>()
  places.forEach(({ callFrame: { url } }, index) => {
    const there = byScript.get(url)
    if (there === undefined) byScript.set(url, [index])
    else there.push(index)
  })
  const frames: Frame[] = []
  await maps.each(byScript.keys(), signal, (url, find) => {
    const file = fileOf(url)
    for (const index of byScript.get(url) ?? []) {
      const { callFrame, line } = places[index] as CodePlace
      const { functionName, lineNumber, columnNumber } = callFrame
      const start = lineNumber < 0 ? null : find(lineNumber, columnNumber)
      const ran = line === null ? null : find(line, null)
      const name = nameOf(functionName)
      frames[index] = start === null ? asItRuns(name, file, lineNumber, line) : asWritten(name, start, ran)
    }
  })
  return frames
}

function asItRuns(name: string, file: string, start: number, ran: number | null): Frame {
  const startLine = Math.max(0, start + 1)
  return ran === null ? { name, file, line: startLine } : { name, file, line: ran + 1, startLine }
}

/** What ran has no column, so where everything stands in one line it leads anywhere: then the function is all we know. */
function asWritten(name: string, start: Place, ran: Place | null): Frame {
  const { file, line: startLine } = start
  const fits = ran !== null && ran.file === file && ran.line >= startLine
  return fits ? { name, file, line: ran.line, startLine } : { name, file, line: startLine }
}

function nameOf(functionName: string): string {
  if (functionName === '') return '(anonymous)'
  return functionName.replaceAll('<', '(').replaceAll('>', ')')
}

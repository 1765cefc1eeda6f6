/**
 * Where code was written that runs compiled or bundled: by Node's own source maps where they are enabled
 * (`--enable-source-maps`), else by the map that the script's file names.
 *
 * Owned by the profiles of one server. Keeps the maps last used, within MAPS_MAX and MAP_BYTES_MAX; a script that has none is remembered as
 * well. Holds no file open and no timer between profiles. A place that cannot be found is null, never an error.
 */
import { findSourceMap, type SourceMap } from 'node:module'
import type { Clock } from '../../base/clock.ts'
import { type FindPlace, fileOf, LINE_END, type Place, readScriptMap, type ScriptMap, samePlace } from './script-map.ts'

/** Scripts with a map and without. */
const MAPS_MAX = 1_024
/** Of the maps that are kept, as text. */
const MAP_BYTES_MAX = 64 * 1024 * 1024
/** A script or map that is longer is left alone: decoding it would keep the loop busy for seconds. */
const FILE_BYTES_MAX = 32 * 1024 * 1024
/** All files for one profile together; scripts not read by then stay as they are. */
const READ_MS = 5_000

/** A line that is indented further is not looked into. */
const INDENT_MAX = 80

const NONE: FindPlace = () => null

export interface SourceMapLimits {
  readonly mapsMax?: number
  readonly mapBytesMax?: number
  readonly fileBytesMax?: number
}

export class SourceMaps {
  readonly #clock: Clock
  readonly #mapsMax: number
  readonly #mapBytesMax: number
  readonly #fileBytesMax: number
  /** By path; the one used last stands last. Bounded, see #keep. */
  readonly #maps = new Map<string, ScriptMap | null>()
  #bytes = 0

  constructor(clock: Clock, limits: SourceMapLimits = {}) {
    this.#clock = clock
    this.#mapsMax = limits.mapsMax ?? MAPS_MAX
    this.#mapBytesMax = limits.mapBytesMax ?? MAP_BYTES_MAX
    this.#fileBytesMax = limits.fileBytesMax ?? FILE_BYTES_MAX
  }

  /** How many scripts are remembered, and how long their maps are. */
  get kept(): { readonly scripts: number; readonly bytes: number } {
    return { scripts: this.#maps.size, bytes: this.#bytes }
  }

  /**
   * Calls `use` for each script in turn, with what finds places in it: one after the other, so that no more maps than the
   * bound are there at a time.
   *
   * @param urls of scripts, as V8 has them
   */
  async each(urls: Iterable<string>, signal: AbortSignal, use: (url: string, find: FindPlace) => void): Promise<void> {
    const late = new AbortController()
    const timer = this.#clock.after(READ_MS, () => late.abort())
    const over = AbortSignal.any([signal, late.signal])
    try {
      for (const url of urls) use(url, nodesOwn(url) ?? (await this.#find(url, over)))
    } finally {
      timer.cancel()
    }
  }

  async #find(url: string, signal: AbortSignal): Promise<FindPlace> {
    const path = /^file:/i.test(url) || url.startsWith('/') ? fileOf(url) : null
    // `node:` internals and code without a file have no map to look for.
    if (path === null) return NONE
    const known = this.#maps.get(path)
    const map = known === undefined && !signal.aborted ? await readScriptMap(path, this.#fileBytesMax, signal) : known
    // Not read for want of time says nothing about the next profile.
    if (map !== undefined && (map !== null || !signal.aborted)) this.#keep(path, map)
    return map?.find ?? NONE
  }

  #keep(path: string, map: ScriptMap | null): void {
    this.#forget(path)
    this.#maps.set(path, map)
    this.#bytes += map?.bytes ?? 0
    for (const oldest of this.#maps.keys()) {
      if (this.#maps.size <= this.#mapsMax && this.#bytes <= this.#mapBytesMax) break
      this.#forget(oldest)
    }
  }

  #forget(path: string): void {
    this.#bytes -= this.#maps.get(path)?.bytes ?? 0
    this.#maps.delete(path)
  }
}

/** What Node itself has, when its source maps are enabled: also of code that a loader has compiled in memory. */
function nodesOwn(url: string): FindPlace | null {
  try {
    const map = findSourceMap(url)
    if (map === undefined) return null
    return (line, column) => {
      try {
        return column === null ? wholeLine(map, line) : entryAt(map, line, column)
      } catch {
        return null
      }
    }
  } catch {
    return null
  }
}

function entryAt(map: SourceMap, line: number, column: number): Place | null {
  const found = map.findEntry(line, column)
  // Node goes on to earlier lines where a line has nothing of its own.
  if (!('originalSource' in found) || found.generatedLine !== line || found.originalSource === '') return null
  return { file: fileOf(found.originalSource), line: found.originalLine + 1 }
}

/** Node only looks backward, so what stands first in the line is found by trying. */
function wholeLine(map: SourceMap, line: number): Place | null {
  for (let column = 0; column <= INDENT_MAX; column++) {
    const first = entryAt(map, line, column)
    if (first !== null) return samePlace(first, entryAt(map, line, LINE_END))
  }
  return null
}

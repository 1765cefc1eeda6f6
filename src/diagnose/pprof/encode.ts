/**
 * From a plain profile to the bytes that `go tool pprof` reads: profile.proto by the library pprof-format, then gzip in the
 * thread pool. Pure functions; hold nothing.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import * as pprof from 'pprof-format'
import type { Frame, PlainProfile, ValueKind } from './plain-profile.ts'

const NS_PER_MS = 1_000_000
/** Of code there is one mapping: without it tools look for the binary of the process. */
const MAPPING = 1

const gzipped = promisify(gzip)

/** @param program what the tool shows as the file that was profiled */
export async function encodeProfile(profile: PlainProfile, program: string): Promise<Uint8Array> {
  // Room is made between the parts of a large one; what is left at a time is a loop over samples.
  return gzipped(await build(profile, program).encodeAsync())
}

function build(profile: PlainProfile, program: string): pprof.Profile {
  const strings = new pprof.StringTable()
  const kind = ({ type, unit }: ValueKind) => ({ type: strings.dedup(type), unit: strings.dedup(unit) })
  const code = new CodeTable(strings)
  const sample = profile.samples.map(({ stack, values, labels = {} }) => ({
    locationId: stack.map((frame) => code.locationOf(frame)),
    value: values.map((value) => Math.round(value)),
    label: Object.entries(labels).map(([key, text]) => ({ key: strings.dedup(key), str: strings.dedup(text) })),
  }))
  return new pprof.Profile({
    sampleType: profile.sampleTypes.map(kind),
    ...{ sample, location: code.locations, function: code.functions, stringTable: strings },
    mapping: [
      {
        ...{ id: MAPPING, filename: strings.dedup(program) },
        ...{ hasFunctions: true, hasFilenames: true, hasLineNumbers: true },
      },
    ],
    // Nanoseconds since 1970 are beyond what a number holds exactly.
    timeNanos: BigInt(Math.round(profile.wallMs)) * BigInt(NS_PER_MS),
    durationNanos: Math.round(profile.durationMs * NS_PER_MS),
    ...{ periodType: kind(profile.periodType), period: profile.period },
    comment: profile.comments.map((line) => strings.dedup(line)),
    defaultSampleType: strings.dedup(profile.defaultType),
  })
}

/** The functions and lines of one profile, each once. Lives as long as the profile is encoded. */
class CodeTable {
  readonly locations: pprof.LocationInput[] = []
  readonly functions: pprof.FunctionInput[] = []
  readonly #strings: pprof.StringTable
  // Bounded by the places of one profile; goes with it.
  readonly #locationIds = new Map<string, number>()
  // Bounded by the functions of one profile; goes with it.
  readonly #functionIds = new Map<string, number>()

  constructor(strings: pprof.StringTable) {
    this.#strings = strings
  }

  locationOf(frame: Frame): number {
    const functionId = this.#functionOf(frame)
    const key = `${functionId}:${frame.line}`
    const known = this.#locationIds.get(key)
    if (known !== undefined) return known
    const id = this.locations.length + 1
    this.locations.push({ id, mappingId: MAPPING, line: [{ functionId, line: frame.line }] })
    this.#locationIds.set(key, id)
    return id
  }

  #functionOf({ name, file, line, startLine = line }: Frame): number {
    const key = JSON.stringify([name, file, startLine])
    const known = this.#functionIds.get(key)
    if (known !== undefined) return known
    const id = this.functions.length + 1
    const said = this.#strings.dedup(name)
    this.functions.push({ id, name: said, systemName: said, filename: this.#strings.dedup(file), startLine })
    this.#functionIds.set(key, id)
    return id
  }
}

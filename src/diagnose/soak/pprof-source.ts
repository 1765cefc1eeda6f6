/**
 * The heap of a Go program, by its own profile (net/http/pprof). Each sample collects first (`gc=1`).
 *
 * Bytes come from the figures that Go writes below the profile as text (`debug=1`): heap and stacks in use, exactly. The profile
 * itself is a sample, one in 512 KiB allocated, which is too coarse for a slope; it says where what has grown was allocated. What
 * speaks pprof and has no such text gives the sum of its profile.
 *
 * Keeps bytes by place for each sample; ends with whoever holds it.
 */
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError, messageOf } from '../../base/errors.ts'
import { fetchBytes } from '../dial/fetch-bytes.ts'
import type { GrownAt, MemorySource } from './memory-source.ts'

const GZIP = 0x1f8b
const PROFILE_BYTES_MAX = 512 * 1024 * 1024
const PLACES = 3
/** Frames of the runtime and of libraries that copy for others say little of who keeps it. */
const NOT_THE_PLACE = /^(runtime|internal|bytes|strings|bufio|io|net|net\/http|sync|fmt|encoding\/json)[./]/

/** @param url of the profile, with or without a query; `http://127.0.0.1:6060` will do */
export async function pprofSource(url: string, clock: Clock): Promise<MemorySource> {
  const [exact, whole] = [profileUrl(url, { gc: '1', debug: '1' }), profileUrl(url, { gc: '1' })]
  const isExact = (await figuresOf(clock, exact, url)) !== null
  // Bounded by the rounds of one soak, each with the places of one profile.
  const places: Map<string, number>[] = []
  return {
    name: `the profile ${new URL(whole).origin}${new URL(whole).pathname}`,
    series: [{ name: isExact ? 'heap and stacks in use' : 'inuse_space', kind: 'heap', isCollected: true }],
    async sample() {
      const profile = await profileOf(clock, whole, url)
      places.push(bytesByPlace(profile))
      const figures = isExact ? await figuresOf(clock, exact, url) : null
      return [figures ?? [...(places.at(-1)?.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0)]
    },
    grown(from) {
      const [before, after] = [places[from], places.at(-1)]
      if (before === undefined || after === undefined) return []
      const all = [...after].map(([place, bytes]): GrownAt => ({ place, bytes: bytes - (before.get(place) ?? 0) }))
      return all
        .filter(({ bytes }) => bytes > 0)
        .sort((a, b) => b.bytes - a.bytes)
        .slice(0, PLACES)
    },
    end: async () => {},
  }
}

/** @throws HoldfastError HF_SOAK_FAILED when it is no URL */
function profileUrl(url: string, query: Readonly<Record<string, string>>): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw failed(url, 'it is no URL', 'http://HOST:PORT/debug/pprof/heap')
  }
  if (parsed.pathname === '/' || /\/debug\/pprof\/?$/.test(parsed.pathname)) parsed.pathname = '/debug/pprof/heap'
  for (const [name, value] of Object.entries(query)) parsed.searchParams.set(name, value)
  return parsed.href
}

/** Bytes of heap and stacks in use; null when the answer has no such figures. */
async function figuresOf(clock: Clock, exact: string, url: string): Promise<number | null> {
  return goFigures(String(await bytesOf(clock, exact, url)))
}

/** The figures of Go's runtime below a profile as text, or null. */
export function goFigures(text: string): number | null {
  const heap = /^# HeapAlloc = (\d+)$/m.exec(text)?.[1]
  const stacks = /^# Stack = (\d+) \/ \d+$/m.exec(text)?.[1]
  return heap === undefined ? null : Number(heap) + Number(stacks ?? 0)
}

async function profileOf(clock: Clock, whole: string, url: string): Promise<Profile> {
  const bytes = await bytesOf(clock, whole, url)
  try {
    const isPacked = bytes.length > 1 && bytes.readUInt16BE(0) === GZIP
    const profile = Profile.decode(isPacked ? gunzipSync(bytes, { maxOutputLength: PROFILE_BYTES_MAX }) : bytes)
    if (valueAt(profile) === -1) throw new Error('there is no inuse_space in it')
    return profile
  } catch (thrown) {
    throw failed(url, `its answer is no heap profile: ${messageOf(thrown)}`, 'a profile of pprof with inuse_space')
  }
}

async function bytesOf(clock: Clock, from: string, url: string): Promise<Buffer> {
  try {
    return await fetchBytes(clock, from)
  } catch (thrown) {
    throw failed(url, messageOf(thrown), "the heap profile of net/http/pprof (import _ 'net/http/pprof')")
  }
}

function failed(url: string, seen: string, wanted: string): HoldfastError {
  const todo = 'give the URL at which go tool pprof would find it'
  return new HoldfastError('HF_SOAK_FAILED', { seen: `--pprof ${withoutLogin(url)}: ${seen}`, wanted, todo })
}

/** A URL as it may be printed. */
export function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}

function valueAt({ sampleType, stringTable }: Profile): number {
  return sampleType.findIndex(({ type }) => stringTable.strings[Number(type)] === 'inuse_space')
}

/** What is in use, by the first function on the stack that is the program's own. */
export function bytesByPlace(profile: Profile): Map<string, number> {
  const at = valueAt(profile)
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? ''
  const frames = new Map(
    profile.location.map((location) => {
      const lines = location.line.map(({ functionId, line }) => {
        const found = functions.get(Number(functionId))
        const file = text(found?.filename ?? 0)
          .split('/')
          .at(-1)
        return { name: text(found?.name ?? 0), shown: `${text(found?.name ?? 0)} (${file}:${line})` }
      })
      return [Number(location.id), lines] as const
    }),
  )
  const places = new Map<string, number>()
  for (const { locationId, value } of profile.sample) {
    const stack = locationId.flatMap((id) => frames.get(Number(id)) ?? [])
    const place = (stack.find(({ name }) => !NOT_THE_PLACE.test(name)) ?? stack[0])?.shown ?? 'unknown'
    places.set(place, (places.get(place) ?? 0) + Number(value[at] ?? 0))
  }
  return places
}

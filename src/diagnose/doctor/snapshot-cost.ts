/**
 * What a heap snapshot costs the process it is taken of, before it is taken: how long it stands still, and how much memory
 * it needs beside its heap. Estimates on the careful side, from measurements (Node 20 to 26, heaps of small objects): a
 * process stands still for some 50 ms for each megabyte of its heap, and grows by up to nine times the heap, about 430 bytes for
 * each object. Functions; nothing to end.
 */
import { existsSync, readFileSync } from 'node:fs'

export interface SnapshotCost {
  readonly heapUsedBytes: number
  readonly pauseMs: number
  readonly memoryBytes: number
  /** How much memory there is for it; null: not known here. */
  readonly roomBytes: number | null
  /** What bounds it. */
  readonly roomOf: 'machine' | 'cgroup' | null
}

/** What whoever reads the snapshots needs, in its own process. */
export interface ReaderCost {
  readonly memoryBytes: number
  /** What is left for it while the other takes its part; null: not known here. */
  readonly roomBytes: number | null
}

const MS_PER_MB = 60
const TIMES_HEAP = 9
/** Of the heap, for each snapshot that is read and examined: 1.6 were measured, with the program around it. */
const READER_TIMES_HEAP = 2.5
const READER_BYTES = 100_000_000
/** Whatever is in it: the objects of Node itself. */
const MS_LEAST = 150
const MB = 1_000_000

/** @param pid whose memory is bounded by its cgroup and the machine */
export function snapshotCost(heapUsedBytes: number, pid: number | 'self' = 'self', root = ''): SnapshotCost {
  const room = memoryRoom(pid, root)
  return {
    heapUsedBytes,
    pauseMs: Math.max(MS_LEAST, Math.round((heapUsedBytes / MB) * MS_PER_MB)),
    memoryBytes: heapUsedBytes * TIMES_HEAP,
    roomBytes: room?.bytes ?? null,
    roomOf: room?.of ?? null,
  }
}

/** @param times snapshots that are held at once: the last is read while the process still takes what `cost` says */
export function readerCost(cost: SnapshotCost, pid: number, times: number, root = ''): ReaderCost {
  const [machine, cgroup] = [machineRoom(root), cgroupRoom('self', root)]
  const isOneGroup = textOf(`${root}/proc/self/cgroup`) === textOf(`${root}/proc/${pid}/cgroup`)
  const rooms = [
    ...(machine === null ? [] : [machine - cost.memoryBytes]),
    ...(cgroup === null ? [] : [isOneGroup ? cgroup - cost.memoryBytes : cgroup]),
  ]
  return {
    memoryBytes: READER_BYTES + cost.heapUsedBytes * READER_TIMES_HEAP * times,
    roomBytes: rooms.length === 0 ? null : Math.max(0, Math.min(...rooms)),
  }
}

export function fits({ memoryBytes, roomBytes }: SnapshotCost | ReaderCost): boolean {
  return roomBytes === null || memoryBytes <= roomBytes
}

/** For example `it will stand still for about 4 s and take up to 600 MB more (there are 22,000 MB)`. */
export function costSentence({ pauseMs, memoryBytes, roomBytes, roomOf }: SnapshotCost): string {
  const seconds = pauseMs < 1_000 ? `${(pauseMs / 1_000).toFixed(1)} s` : `${Math.round(pauseMs / 1_000)} s`
  const room = roomBytes === null ? '' : ` (${megabytes(roomBytes)} are free in its ${roomOf})`
  return `stand still for about ${seconds} and take up to ${megabytes(memoryBytes)} more${room}`
}

export function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / MB)).toLocaleString('en')} MB`
}

/** The least of what the machine has left and what each cgroup above the process leaves it; null where neither is known. */
function memoryRoom(pid: number | 'self', root: string): { bytes: number; of: 'machine' | 'cgroup' } | null {
  const [machine, cgroup] = [machineRoom(root), cgroupRoom(pid, root)]
  if (cgroup !== null && (machine === null || cgroup <= machine)) return { bytes: cgroup, of: 'cgroup' }
  return machine === null ? null : { bytes: machine, of: 'machine' }
}

function machineRoom(root: string): number | null {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(textOf(`${root}/proc/meminfo`))?.[1]
  return available === undefined ? null : Number(available) * 1024
}

function cgroupRoom(pid: number | 'self', root: string): number | null {
  const groups = textOf(`${root}/proc/${pid}/cgroup`)
  const [second] = /^0::(.*)$/m.exec(groups)?.slice(1) ?? []
  const [first] = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.slice(1) ?? []
  const rooms = [
    ...(second === undefined
      ? []
      : roomsUpwards(`${root}/sys/fs/cgroup`, second, 'memory.max', 'memory.current', 'inactive_file')),
    ...(first === undefined
      ? []
      : roomsUpwards(
          `${root}/sys/fs/cgroup/memory`,
          first,
          'memory.limit_in_bytes',
          'memory.usage_in_bytes',
          'total_inactive_file',
        )),
  ]
  return rooms.length === 0 ? null : Math.max(0, Math.min(...rooms))
}

/** Of the group and all above it: what files of the page cache take is given back when it is needed. */
function roomsUpwards(mount: string, group: string, max: string, current: string, cache: string): number[] {
  const rooms: number[] = []
  const parts = group.split('/').filter(Boolean)
  for (let count = parts.length; count >= 0; count--) {
    const folder = [mount, ...parts.slice(0, count)].join('/')
    if (!existsSync(`${folder}/${max}`)) continue
    const limit = Number(textOf(`${folder}/${max}`).trim())
    // Without a bound it says `max`, or in the first version a number that no machine has.
    if (!(limit > 0) || limit > 2 ** 60) continue
    const used = Number(textOf(`${folder}/${current}`).trim()) || 0
    const cached = Number(new RegExp(`^${cache} (\\d+)$`, 'm').exec(textOf(`${folder}/memory.stat`))?.[1] ?? 0)
    rooms.push(limit - used + cached)
  }
  return rooms
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/**
 * What supervisor and worker say to each other over the IPC channel of `fork`. Types only. Small messages: state of
 * connections and messages of rooms never go this way, and of handles only the listening one.
 */
import type { DrainReport } from '../server/drain-report.ts'
import type { AutopsyReport } from './autopsy-report.ts'
import type { HeapFigures } from './heap-figures.ts'
import type { MoveReport } from './move-report.ts'

/** Another worker, where its mesh listens. */
export interface PeerPlace {
  readonly name: string
  readonly path: string
}

/** A module with `openWorkerAdmin(server, path)`, which this floor must not know, and the Unix socket for it. */
export interface AdminPlan {
  readonly module: string
  readonly path: string
}

/** To a worker. */
export type Order =
  | {
      readonly kind: 'start'
      readonly name: string
      readonly file: string
      /** Where its mesh is to listen. */
      readonly place: string
      readonly peers: readonly PeerPlace[]
      /** From whom it takes over, and the descriptor of the lane from there. */
      readonly from: { readonly pid: number; readonly laneFd: number } | null
      /** What answers for it, and where it is to listen. */
      readonly admin: AdminPlan | null
    }
  /** The listening handle comes with it. */
  | { readonly kind: 'listen' }
  /** That worker has gone. */
  | { readonly kind: 'part'; readonly name: string }
  /** Connect the lane to the worker that takes over. */
  | { readonly kind: 'lane'; readonly path: string }
  /** Move what can move over the lane. */
  | { readonly kind: 'move'; readonly newPid: number; readonly busyMs: number }
  /** Drain what is there, then exit. */
  | {
      readonly kind: 'drain'
      /** Those who connect meanwhile are told to come back; otherwise others take them. */
      readonly listening: boolean
      readonly retryAfterMs: readonly [number, number] | null
      /** It waits for the order to begin its autopsy, and exits after it; otherwise it exits at once. */
      readonly autopsy: boolean
    }
  /** It is empty: look at what is left in it, then exit. */
  | { readonly kind: 'autopsy'; readonly withinMs: number }

/** How a worker is to leave. */
export type Leaving = Omit<Order & { kind: 'drain' }, 'kind'>

/** From a worker. */
export type Word =
  /** The app is there, and links to all peers are up. */
  | {
      readonly kind: 'ready'
      /** How long a drain of it may take, closing included. */
      readonly drainMs: number
    }
  /** It cannot start; it exits. */
  | { readonly kind: 'failed'; readonly message: string; readonly stack: string }
  | { readonly kind: 'listening' }
  /** It has connected the lane, or in words why it could not. */
  | { readonly kind: 'lane'; readonly problem: string }
  | { readonly kind: 'moving'; readonly moved: number; readonly total: number }
  | { readonly kind: 'moved'; readonly report: MoveReport }
  /** It drains because it was told to by a signal of its own. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'drained'; readonly report: DrainReport }
  /** It is empty, and waits for the order. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'autopsy'; readonly report: AutopsyReport }
  /** An error that nobody caught is about to end it. */
  | { readonly kind: 'dying'; readonly message: string }
  | {
      readonly kind: 'figures'
      readonly figures: WorkerFigures
      /** The last that what answers for it has counted; only before it goes. This floor does not look into it. */
      readonly counted?: unknown
    }

/** What a worker tells of itself, once a second and before it goes. */
export interface WorkerFigures extends HeapFigures {
  readonly connections: number
  readonly rooms: number
  readonly rssBytes: number
  /** Counters of its ledger that only grow. */
  readonly counters: Readonly<Record<string, number>>
}

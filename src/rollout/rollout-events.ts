/** What happens under a supervisor, by name. Types only; announced also on the diagnostics channels `holdfast:<name>`. */
import type { KeptAutopsy } from './autopsy-report.ts'
import type { WorkerState } from './forked-worker.ts'
import type { ReloadReport } from './reload-report.ts'

export interface RolloutEvents {
  /** The port is in use; it is tried again for so long. */
  portBusy: { readonly port: number; readonly withinMs: number }
  /** The listening handle is there. `passed`: by systemd. */
  bound: { readonly address: string; readonly port: number; readonly passed: boolean }
  /** All workers serve, for the first time. */
  started: { readonly workers: number; readonly address: string; readonly port: number }
  worker: {
    readonly slot: number
    readonly pid: number
    readonly generation: number
    readonly state: WorkerState
    /** Why it ended, or empty. */
    readonly reason: string
  }
  /** The process of a worker has ended. `counted` is what it had counted, if it could still say so: for whoever adds up its metrics. */
  gone: { readonly name: string; readonly slot: number; readonly counted: unknown }
  /** A worker has told how it is: about once a second each. */
  figures: { readonly slot: number; readonly pid: number; readonly connections: number }
  /** A worker ended although nobody had told it to. `restartMs` is null when it is not started again. */
  crash: {
    readonly slot: number
    readonly pid: number
    readonly generation: number
    readonly reason: string
    readonly restartMs: number | null
  }
  /** A version crashes again and again and is not started any more in this slot. `fallback` is what is, or null: nothing. */
  crashLoop: {
    readonly slot: number
    readonly generation: number
    readonly reason: string
    readonly fallback: number | null
  }
  /** A reload or a recycle goes on: of one worker after the other. */
  progress: ReloadProgress
  reloaded: ReloadReport
  reloadFailed: { readonly generation: number; readonly reason: string }
  /** A worker is going to be replaced by itself. */
  recycle: { readonly slot: number; readonly pid: number; readonly reason: string }
  /** A worker that was replaced has been looked at before it exited: what was over in it and still held. */
  autopsy: KeptAutopsy
  /** No worker lets anybody in, and why. Not announced while it starts or has been told to end; looked at once a second. */
  notReady: { readonly reasons: readonly string[] }
  /** One does again. */
  ready: { readonly notReadyMs: number }
  /** All workers have been told to finish; then the supervisor ends. */
  draining: { readonly workers: number }
  ended: { readonly reason: string; readonly failed: boolean }
}

export interface ReloadProgress {
  readonly generation: number
  readonly slot: number
  /** 1 for the first worker to be replaced, of so many. */
  readonly step: number
  readonly steps: number
  readonly phase: 'starting' | 'moving' | 'draining' | 'done'
  /** Of this worker, so far. */
  readonly moved: number
  readonly total: number
}

/** The process around a worker, as the worker sees it. Types; worker-main.ts makes the real one. */
import type { AutopsyReport } from './autopsy-report.ts'
import type { AdminPlan, LogsOrder, Order, Word } from './control.ts'
import type { ServedServer } from './served-server.ts'

/** What answers for a worker, and looks at what is left in it. */
export interface WorkerAdmin {
  autopsy(withinMs: number): Promise<AutopsyReport>
  /** Resolves with the last that it has counted, to be told to whoever asks the supervisor. */
  close(): Promise<unknown>
}

/** The log of a worker; it ends with its server. */
export interface WorkerLogs {
  /** What this server announces is written from now on. */
  serves(server: ServedServer): void
  /** Is there anything that was not written yet, because nobody has read what was before? */
  waits(): boolean
}

/** The process around a worker. */
export interface WorkerProcess {
  /** Resolves when it is on its way, also when nobody listens any more. */
  say(word: Word): Promise<void>
  onOrder(listener: (order: Order, handle: object | null) => void): void
  onSupervisorGone(listener: () => void): void
  onSignal(signal: NodeJS.Signals, listener: () => void): void
  onDying(listener: (error: unknown) => void): void
  isAlive(pid: number): boolean
  /** Answers for that server from now on. Never rejects: who cannot be asked serves all the same. */
  openAdmin(plan: AdminPlan, server: ServedServer): Promise<WorkerAdmin | null>
  /** The log of this worker from now on. Never rejects: who writes no log serves all the same. */
  openLogs(plan: LogsOrder): Promise<WorkerLogs | null>
  /** Removes a folder of sockets if no worker has one in it. */
  removeFolder(path: string): void
  exit(code: number): void
}

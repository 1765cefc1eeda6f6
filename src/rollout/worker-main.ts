/** The entry of a worker process: ties a worker to the process it is. Forked by the supervisor; ends as the worker does. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { AdminPlan, LogsOrder, Order } from './control.ts'
import { isAlive } from './is-alive.ts'
import type { ServedServer } from './served-server.ts'
import { Worker } from './worker.ts'
import type { WorkerAdmin, WorkerLogs } from './worker-process.ts'

if (process.send === undefined) throw new Error('this file is started by holdfast run, not by itself')

new Worker(
  {
    say: (word) =>
      new Promise((resolve) => {
        if (process.connected) process.send?.(word, undefined, undefined, () => resolve())
        else resolve()
      }),
    onOrder: (listener) => process.on('message', (order: Order, handle) => listener(order, (handle as object) ?? null)),
    onSupervisorGone: (listener) => process.on('disconnect', listener),
    onSignal: (signal, listener) => process.on(signal, listener),
    onDying: (listener) => process.on('uncaughtExceptionMonitor', listener),
    isAlive,
    openAdmin,
    openLogs,
    removeFolder: (path) => {
      try {
        // Sockets of the supervisor, which has gone, and those where only it asked.
        for (const name of readdirSync(path)) if (/^(lane|admin)-/.test(name)) rmSync(join(path, name), { force: true })
        rmdirSync(path)
      } catch {
        // Others still have their sockets in it: the last one removes it.
      }
    },
    exit: (code) => process.exit(code),
  },
  systemClock,
).begin()

async function openAdmin({ module, path }: AdminPlan, server: ServedServer): Promise<WorkerAdmin | null> {
  try {
    const { openWorkerAdmin } = (await import(module)) as {
      openWorkerAdmin(server: ServedServer, path: string): Promise<WorkerAdmin>
    }
    return await openWorkerAdmin(server, path)
  } catch (thrown) {
    process.emitWarning(`this worker cannot be asked what is alive in it: ${messageOf(thrown)}`, 'HoldfastWarning')
    return null
  }
}

async function openLogs({ module, settings, who }: LogsOrder): Promise<WorkerLogs | null> {
  try {
    const { openWorkerLogs } = (await import(module)) as {
      openWorkerLogs(who: LogsOrder['who'], settings: object): WorkerLogs
    }
    return openWorkerLogs(who, settings)
  } catch (thrown) {
    process.emitWarning(`this worker writes no log: ${messageOf(thrown)}`, 'HoldfastWarning')
    return null
  }
}

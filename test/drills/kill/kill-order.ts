/**
 * What the drill tells the app it kills, through a folder: the plan of the round, and that it has been carried out. Functions
 * over files; the folder is the drill's.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from './kill-plan.ts'

export interface KillOrder {
  readonly round: number
  /** The worker that was there before: any other is the new one. */
  readonly oldPid: number
  /** Null: nobody is killed. */
  readonly plan: Plan | null
}

export const FOLDER_VARIABLE = 'HOLDFAST_DRILL_KILL'

export function giveOrder(folder: string, order: KillOrder): void {
  const path = join(folder, 'order.json')
  writeFileSync(`${path}.new`, JSON.stringify(order))
  renameSync(`${path}.new`, path)
}

export function readOrder(folder: string): KillOrder {
  return JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8'))
}

/** The new worker of the round says who it is, once. */
export function sayNewPid(folder: string, round: number): void {
  try {
    writeFileSync(join(folder, `new-${round}`), String(process.pid), { flag: 'wx' })
  } catch {
    // Another was there before: what comes after it is nobody's victim.
  }
}

export function newPidOf(folder: string, round: number): number {
  return Number(readFileSync(join(folder, `new-${round}`), 'utf8'))
}

/** True for one caller in each round. */
export function claimKill(folder: string, round: number): boolean {
  try {
    mkdirSync(join(folder, `killed-${round}`))
    return true
  } catch {
    return false
  }
}

/**
 * `holdfast run` with two workers for the drill of alerts: a reload that fails, then workers that are killed again and again. Ended by its owner.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { AppFolder, ECHO, type Owner, type Supervised, supervise } from '../../support/supervised.ts'

/** A worker that has crashed five times in a row is given up; with both of them the supervisor would end. */
const ROUNDS = 4
const PAUSE_MS = 1_500

export class RoughRun {
  readonly run: Supervised
  readonly #folder: AppFolder
  #over = false

  private constructor(run: Supervised, folder: AppFolder) {
    this.run = run
    this.#folder = folder
  }

  static async start(owner: Owner): Promise<RoughRun> {
    const folder = new AppFolder(owner)
    const run = await supervise(owner, folder.write(ECHO), { flags: ['--workers', '2', '--autopsy-timeout', '0s'] })
    const rough = new RoughRun(run, folder)
    owner.after(() => {
      rough.#over = true
    })
    return rough
  }

  async begin(): Promise<void> {
    this.#folder.write(`throw new Error('told to')\n`)
    await this.run.reload()
    // Workers that are started again are started from what is there.
    this.#folder.write(ECHO)
    for (let round = 0; round < ROUNDS && !this.#over; round++) {
      for (const pid of this.run.serving) if (this.run.living.includes(pid)) process.kill(pid, 'SIGKILL')
      await pause(PAUSE_MS)
    }
  }
}

/** All commands, by name. A table. */
import type { Command } from './command.ts'
import { DOCTOR } from './doctor.ts'
import { DRAIN } from './drain.ts'
import { RELOAD } from './reload.ts'
import { RUN } from './run.ts'
import { soakCommand } from './soak.ts'
import { nameCause } from './soak-why.ts'
import { STATUS } from './status.ts'
import { TOP } from './top.ts'

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: RUN,
  reload: RELOAD,
  drain: DRAIN,
  status: STATUS,
  top: TOP,
  doctor: DOCTOR,
  soak: soakCommand(nameCause),
}

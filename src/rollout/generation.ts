/** A version of the app as it was found at one start or reload. Plain data; nothing to end. */
import type { AppFile } from './app-file.ts'

export interface Generation {
  /** 1 for the first, 1 more with each reload. */
  readonly number: number
  readonly app: AppFile
  /** Further options for Node, `--max-old-space-size=512`, say. */
  readonly nodeOptions: readonly string[]
}

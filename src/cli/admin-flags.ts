/** Where the admin port is, as the command line says it: `127.0.0.1:6060`, `[::1]:6060`, `6060`, `localhost`. Pure. */
import { type Flag, UsageError } from './flags.ts'

export const ADMIN_FLAG: Flag = { value: 'HOST:PORT', about: 'where the admin port is (127.0.0.1:6060)' }

const HOST = '127.0.0.1'
const PORT = 6060

export interface AdminPlace {
  readonly host: string
  readonly port: number
}

/** @throws UsageError */
export function adminPlace(text: string | undefined): AdminPlace {
  if (text === undefined) return { host: HOST, port: PORT }
  if (/^\d+$/.test(text)) return { host: HOST, port: portOf(text, text) }
  const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d+))?$/i.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw new UsageError(`--admin ${text}: wanted HOST:PORT, such as 127.0.0.1:6060`)
  return { host, port: port === undefined ? PORT : portOf(port, text) }
}

function portOf(digits: string, text: string): number {
  const port = Number(digits)
  if (port > 65_535) throw new UsageError(`--admin ${text}: wanted a port from 0 to 65535`)
  return port
}

/** Ties a server to one HTTP server. A function; what it makes is the `Attachment`, which its caller ends. */
import type { Server as NetServer } from 'node:net'
import { Attachment } from './attachment.ts'
import type { ServerContext } from './server-context.ts'
import { upgrade } from './upgrade.ts'

/** @param leaveMs how long others have to take an upgrade that is not ours */
export function attachTo(httpServer: NetServer, context: ServerContext, leaveMs: number): Attachment {
  return new Attachment(httpServer, {
    ...{ wheel: context.wheel, leaveMs },
    isOurs: (path) => context.routes.match(path) !== null,
    upgrade: (message, socket, head) => upgrade(context, message, socket, head),
  })
}

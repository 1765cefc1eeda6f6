// Presence of five users by device, where each page that is loaded is a new device: its sockets go, the device stays. Compiled for
// a target without fields of classes, so that a function of the compiler makes them.
//
// verdict: leak
// holder: devicesByUser
import { PresenceService } from './presence.ts'

const presence = new PresenceService()
let pages = 0

export async function round(): Promise<void> {
  for (let index = 0; index < 40; index++) {
    const [user, device, socket] = [`user-${index % 5}`, `device-${++pages}`, `socket-${pages}`]
    presence.connected(user, device, socket, 'Mozilla/5.0')
    if (index % 10 === 0) await null
    presence.disconnected(user, device, socket)
  }
}

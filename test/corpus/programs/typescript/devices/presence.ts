export interface Device {
  readonly id: string
  readonly userAgent: string
  readonly sockets: Set<string>
  lastSeenAt: number
}

export class PresenceService {
  private readonly devicesByUser = new Map<string, Map<string, Device>>() // ← holds

  connected(user: string, id: string, socket: string, userAgent: string): void {
    const devices = this.devicesOf(user)
    const device = devices.get(id) ?? { id, userAgent, sockets: new Set<string>(), lastSeenAt: 0 }
    device.sockets.add(socket)
    device.lastSeenAt = Date.now()
    devices.set(id, device)
  }

  disconnected(user: string, id: string, socket: string): void {
    const device = this.devicesByUser.get(user)?.get(id)
    if (device === undefined) return
    device.sockets.delete(socket)
    device.lastSeenAt = Date.now()
  }

  private devicesOf(user: string): Map<string, Device> {
    const known = this.devicesByUser.get(user)
    if (known) return known
    const devices = new Map<string, Device>()
    this.devicesByUser.set(user, devices)
    return devices
  }
}

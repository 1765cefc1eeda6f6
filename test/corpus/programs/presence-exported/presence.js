// The table of presence-exported.js.
class PresenceMap extends Map {
  arrive(user, details) {
    const entry = this.get(user) ?? { user, devices: [], status: 'online', lastSeen: null }
    entry.devices.push(details)
    entry.status = 'online'
    return this.set(user, entry)
  }

  leave(user) {
    const entry = this.get(user)
    if (!entry) return
    entry.devices.length = 0
    entry.status = 'offline'
    entry.lastSeen = new Date()
  }

  online() {
    let count = 0
    for (const { status } of this.values()) if (status === 'online') count++
    return { count }
  }
}

export const presence = new PresenceMap() // ← holds

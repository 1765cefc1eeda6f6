// Written in TypeScript, compiled with a source map: the line that is wanted is the one below, not that of the
// JavaScript. Members are taken out of their room, rooms are never taken out of the table.
//
// verdict: leak
// holder: rooms

interface Member {
  readonly id: number
  readonly name: string
}

interface Room {
  readonly name: string
  readonly members: Map<number, Member>
  readonly messages: string[]
}

type RoomTable = Map<string, Room>

export class Lobby {
  private readonly rooms: RoomTable = new Map() // ← holds

  join(name: string, member: Member): Room {
    const room: Room = this.rooms.get(name) ?? { name, members: new Map(), messages: [] }
    room.members.set(member.id, member)
    this.rooms.set(name, room)
    return room
  }

  leave(room: Room, member: Member): void {
    room.members.delete(member.id)
  }
}

const lobby = new Lobby()
let games = 0

export async function round(): Promise<void> {
  for (let id = 0; id < 50; id++) {
    const member: Member = { id, name: `player ${id}` }
    lobby.leave(lobby.join(`game ${++games}`, member), member)
  }
}

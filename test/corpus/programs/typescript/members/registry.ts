// TypeScript bundled and minified, with a source map: all names but those of properties are single letters.
//
// verdict: leak
// holder: members
export interface Member {
  readonly id: number
  readonly name: string
}

const members = new Map<number, Member>() // ← holds
const rooms = new Map<string, number>()

export class Registry {
  join(room: string, member: Member): void {
    rooms.set(room, (rooms.get(room) ?? 0) + 1)
    members.set(member.id, member)
  }

  get count(): number {
    return members.size
  }
}

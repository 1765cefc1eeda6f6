// Written in TypeScript, compiled with a source map: the line that is wanted is the one below, not that of the
// JavaScript. Members are taken out of their room, rooms are never taken out of the table.
//
// verdict: leak
// holder: rooms
export class Lobby {
    rooms = new Map(); // ← holds
    join(name, member) {
        const room = this.rooms.get(name) ?? { name, members: new Map(), messages: [] };
        room.members.set(member.id, member);
        this.rooms.set(name, room);
        return room;
    }
    leave(room, member) {
        room.members.delete(member.id);
    }
}
const lobby = new Lobby();
let games = 0;
export async function round() {
    for (let id = 0; id < 50; id++) {
        const member = { id, name: `player ${id}` };
        lobby.leave(lobby.join(`game ${++games}`, member), member);
    }
}
//# sourceMappingURL=room-table.js.map
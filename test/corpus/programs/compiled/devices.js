var __defProp = Object.defineProperty;
var __defNormalProp = (obj, key, value) => key in obj ? __defProp(obj, key, { enumerable: true, configurable: true, writable: true, value }) : obj[key] = value;
var __publicField = (obj, key, value) => __defNormalProp(obj, typeof key !== "symbol" ? key + "" : key, value);

// typescript/devices/presence.ts
var PresenceService = class {
  constructor() {
    __publicField(this, "devicesByUser", /* @__PURE__ */ new Map());
  }
  // ← holds
  connected(user, id, socket, userAgent) {
    const devices = this.devicesOf(user);
    const device = devices.get(id) ?? { id, userAgent, sockets: /* @__PURE__ */ new Set(), lastSeenAt: 0 };
    device.sockets.add(socket);
    device.lastSeenAt = Date.now();
    devices.set(id, device);
  }
  disconnected(user, id, socket) {
    const device = this.devicesByUser.get(user)?.get(id);
    if (device === void 0) return;
    device.sockets.delete(socket);
    device.lastSeenAt = Date.now();
  }
  devicesOf(user) {
    const known = this.devicesByUser.get(user);
    if (known) return known;
    const devices = /* @__PURE__ */ new Map();
    this.devicesByUser.set(user, devices);
    return devices;
  }
};

// typescript/devices/main.ts
var presence = new PresenceService();
var pages = 0;
async function round() {
  for (let index = 0; index < 40; index++) {
    const [user, device, socket] = [`user-${index % 5}`, `device-${++pages}`, `socket-${pages}`];
    presence.connected(user, device, socket, "Mozilla/5.0");
    if (index % 10 === 0) await null;
    presence.disconnected(user, device, socket);
  }
}
export {
  round
};
//# sourceMappingURL=devices.js.map

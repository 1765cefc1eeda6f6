// typescript/profiles/lru.ts
var LruCache = class {
  map = /* @__PURE__ */ new Map();
  // ← or holds
  max;
  constructor({ max = Number.POSITIVE_INFINITY } = {}) {
    this.max = max;
  }
  get(key) {
    const value = this.map.get(key);
    if (value === void 0) return void 0;
    this.map.delete(key);
    this.map.set(key, value);
    return value;
  }
  set(key, value) {
    this.map.delete(key);
    this.map.set(key, value);
    if (this.map.size > this.max) this.map.delete(this.map.keys().next().value);
  }
};

// typescript/profiles/profiles.ts
var config = { profiles: { maxSize: 200 }, countries: { max: 50 } };
var ProfileService = class {
  profiles = new LruCache(config.profiles);
  // ← holds
  countries = new LruCache(config.countries);
  async profile(user) {
    const known = this.profiles.get(user);
    if (known) return known;
    await null;
    const profile = { user, name: `user ${user}` };
    this.profiles.set(user, profile);
    return profile;
  }
  country(code) {
    const country = this.countries.get(code) ?? { name: `country ${code}` };
    this.countries.set(code, country);
    return country;
  }
};

// typescript/profiles/main.ts
var service = new ProfileService();
var users = 0;
async function round() {
  for (let index = 0; index < 60; index++) {
    await service.profile(++users);
    await service.profile(users - index % 3);
    service.country(`c${users % 80}`);
  }
}
export {
  round
};
//# sourceMappingURL=profiles.js.map

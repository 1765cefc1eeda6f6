var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
var __classPrivateFieldGet = (this && this.__classPrivateFieldGet) || function (receiver, state, kind, f) {
    if (kind === "a" && !f) throw new TypeError("Private accessor was defined without a getter");
    if (typeof state === "function" ? receiver !== state || !f : !state.has(receiver)) throw new TypeError("Cannot read private member from an object whose class did not declare it");
    return kind === "m" ? f : kind === "a" ? f.call(receiver) : f ? f.value : state.get(receiver);
};
var __classPrivateFieldSet = (this && this.__classPrivateFieldSet) || function (receiver, state, value, kind, f) {
    if (kind === "m") throw new TypeError("Private method is not writable");
    if (kind === "a" && !f) throw new TypeError("Private accessor was defined without a setter");
    if (typeof state === "function" ? receiver !== state || !f : !state.has(receiver)) throw new TypeError("Cannot write private member to an object whose class did not declare it");
    return (kind === "a" ? f.call(receiver, value) : f ? f.value = value : state.set(receiver, value)), value;
};
var _Desk_answers, _Desk_asked;
class Desk {
    constructor() {
        _Desk_answers.set(this, new Map()); // ← holds
        _Desk_asked.set(this, 0);
    }
    ask(question) {
        return __awaiter(this, void 0, void 0, function* () {
            var _a;
            const answer = { question, lines: [`about ${question}`] };
            yield Promise.resolve();
            __classPrivateFieldGet(this, _Desk_answers, "f").set(`${question} ${__classPrivateFieldSet(this, _Desk_asked, (_a = __classPrivateFieldGet(this, _Desk_asked, "f"), ++_a), "f")}`, answer);
            return answer;
        });
    }
}
_Desk_answers = new WeakMap(), _Desk_asked = new WeakMap();
const desk = new Desk();
export function round() {
    return __awaiter(this, void 0, void 0, function* () {
        for (let index = 0; index < 40; index++)
            yield desk.ask('how long');
    });
}
//# sourceMappingURL=help-desk.js.map
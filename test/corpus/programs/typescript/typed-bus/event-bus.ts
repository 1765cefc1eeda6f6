export type Handler<T> = (event: T) => void
type Handlers<Events> = { [Type in keyof Events]?: Handler<Events[Type]>[] }

export class EventBus<Events extends Record<string, unknown>> {
  private readonly handlers: Handlers<Events> = {} // ← holds

  on<Type extends keyof Events>(type: Type, handler: Handler<Events[Type]>): () => void {
    const handlers: Handler<Events[Type]>[] = this.handlers[type] ?? []
    this.handlers[type] = handlers
    handlers.push(handler)
    return () => {
      handlers.splice(handlers.indexOf(handler) >>> 0, 1)
    }
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const handler of this.handlers[type]?.slice() ?? []) handler(event)
  }
}

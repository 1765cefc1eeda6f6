import type { Visit } from './visit.ts'

export declare function visit(base: string): Promise<Visit>

/** The door `holdfast/admin`: the admin port of a server, and of whatever has routes of its own. */

export type { TaskSample } from '../diagnose/pprof/tasks-profile.ts'
export { type AdminAnswer, type AnswerBody, type AnswerHeaders, answer } from './admin-answer.ts'
export { type AdminServer, admin, type EmbeddedAdminOptions } from './admin-embedded.ts'
export { type AdminPort, type AdminSurroundings, type OpenAdminOptions, openAdmin } from './admin-listener.ts'
export type { AdminOptionsInput } from './admin-options.ts'
export type { AdminMethod, AdminRequest, AdminRoute } from './admin-routes.ts'
export type { Health, HealthReason } from './health/health.ts'
export { readyWhen } from './health/server-health.ts'
export type { PprofOptions } from './pprof-mount.ts'

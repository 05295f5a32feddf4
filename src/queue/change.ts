/** A change that other programs are told of. It travels through the queue `outgoing`. */
export interface Change {
  /** The same however often it is told: `[A-Za-z0-9_-]+`. */
  id: string
  /** When it happened, RFC 3339. */
  at: string
  /** `image.promoted`, `project.flag.changed`, … (docs/events.md, Types). */
  type: string
  /** What it is about, such as a project, or an image. */
  subject: string
  /** The registry, or the project in it: `registry` or `registry/path`. Receivers choose by it. */
  scope: string
  data: object
}

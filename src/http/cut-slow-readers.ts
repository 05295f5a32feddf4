import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** How often connections are looked at, in ms. */
const TICK_MS = 1_000

/** What a client that has an answer to read must take within `ticks` of 1 s: all of it, or `bytes`. */
const PACE = { ticks: 30, bytes: 2 ** 16 }

/** Ticks since an answer waits to be read, and the bytes that the client had taken when they began. */
interface Watch {
  ticks: number
  taken: number
}

/**
 * Closes connections whose clients do not read their answers, or too slowly: these stay in memory meanwhile. The time is
 * counted in ticks, since nothing can be sent while the event loop stands still.
 */
export function cutSlowReaders(server: Server, pace = PACE, tickMs = TICK_MS): void {
  const watches = new Map<Socket, Watch>()
  const timer = setInterval(() => {
    for (const [socket, watch] of watches) {
      const taken = socket.bytesWritten - socket.writableLength
      watch.ticks += 1
      const isAllRead = socket.writableLength === 0
      if (!isAllRead && watch.ticks < pace.ticks) continue
      if (!isAllRead && taken - watch.taken < pace.bytes) socket.destroy()
      else watches.set(socket, { ticks: 0, taken })
    }
  }, tickMs)
  timer.unref()
  server.on('connection', (socket) => {
    watches.set(socket, { ticks: 0, taken: 0 })
    socket.once('close', () => watches.delete(socket))
  })
  server.once('close', () => clearInterval(timer))
}

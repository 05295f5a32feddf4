/**
 * Keeps the event loop turning until a promise settles, for so many ms at most, where it would sleep otherwise. To be woken
 * by another process takes up to 50 µs on a virtual machine, and the other as long to do it (docs/performance.md): worth it
 * for what is answered as soon as that. Whatever else comes meanwhile is seen to as ever.
 */
export function stayAwake(until: Promise<unknown>, ms: number): void {
  const end = performance.now() + ms
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  until.then(settle, settle)
  const turn = () => {
    if (!isSettled && performance.now() < end) setImmediate(turn)
  }
  setImmediate(turn)
}

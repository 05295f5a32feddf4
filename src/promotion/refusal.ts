/** Why a promotion cannot be asked for, for whoever asks. `status` is that of the answer over HTTP. */
export class PromotionRefusal extends Error {
  override readonly name = 'PromotionRefusal'
  readonly status: 400 | 403 | 404 | 409 | 502
  constructor(status: PromotionRefusal['status'], message: string) {
    super(message)
    this.status = status
  }
}

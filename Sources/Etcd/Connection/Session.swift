/// What the calls of one client share: the member that answered last, and the token they are let in with.
actor Session {
    private(set) var preferred = 0
    private(set) var token: String?

    /// Moves on from a member that does not answer, unless another call already has.
    func leave(_ index: Int, of count: Int) {
        if preferred == index { preferred = (index + 1) % count }
    }

    /// Stays with a member that answered.
    func settle(on index: Int) {
        preferred = index
    }

    func accept(_ token: String) {
        self.token = token
    }

    /// Forgets a token that was refused, unless there is a newer one.
    func refuse(_ old: String?) {
        if token == old { token = nil }
    }
}

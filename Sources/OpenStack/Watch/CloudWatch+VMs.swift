import Model
import Runtime

extension CloudWatch {
    /// What the next look at VMs has to know of the last.
    private struct Course {
        /// Changes from here on are asked for; nil before the first whole list. By the cloud's clock.
        var since: Timestamp?
        /// When all were listed last, by ours.
        var whole = Timestamp.zero
        var ofAll: Bool
        /// Actions from here on are told of.
        var actionsSince: Timestamp?
        var toldActions: Set<String> = []
    }

    func watchVMs(_ api: ComputeAPI) async {
        var course = Course(ofAll: allProjects)
        var backoff = Backoff(first: .seconds(1), longest: .seconds(15))
        while !Task.isCancelled {
            do {
                try await look(api, &course)
                backoff.reset()
                let pause = await memory.picture.isBusy ? min(intervals.busy, intervals.vms) : intervals.vms
                try await rest(for: pause)
            } catch {
                guard await tell(error, isVital: true) else { return }
                let pause = max(backoff.next(), Self.wish(error))
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            }
        }
    }

    /// Sleeps, but not on when an order was carried out.
    private func rest(for pause: Duration) async throws {
        let start = session.clock.now()
        while true {
            let span = session.clock.attention.isWatched ? pause : Attention.unwatched(pause)
            let left = (start + span).since(session.clock.now())
            if left <= .zero { return }
            try await Task.sleep(for: min(left, .milliseconds(250)))
            if await memory.takeNudge() { return }
        }
    }

    private func look(_ api: ComputeAPI, _ course: inout Course) async throws {
        guard let since = course.since, session.clock.now().since(course.whole) < intervals.whole else {
            return try await lookAtAll(api, pageSize: ComputeAPI.pageSize, &course)
        }
        let pages = try await api.servers(since: since, ofAll: course.ofAll)
        let items = pages.items
        let changed = await memory.change { $0.apply(items) }
        signals.yield(changed.isEmpty ? .quiet : .changed)
        course.since = Self.next(pages) ?? since
        if !changed.isEmpty { await tellActions(of: changed, api, &course) }
    }

    /// All VMs, once.
    func lookAtAll(_ api: ComputeAPI, pageSize: Int?) async throws {
        var course = Course(ofAll: allProjects)
        try await lookAtAll(api, pageSize: pageSize, &course)
    }

    private func lookAtAll(_ api: ComputeAPI, pageSize: Int?, _ course: inout Course) async throws {
        let pages = try await list(api, pageSize, &course)
        let items = pages.items
        await memory.change { picture in
            picture.replace(items)
            picture.missing[.vms] = pages.cut.map { "all VMs: only the first \(items.count) are shown, for \($0)" }
        }
        signals.yield(.changed)
        course.since = Self.next(pages)
        course.whole = session.clock.now()
        if course.actionsSince == nil { course.actionsSince = pages.date }
    }

    /// All VMs; the first time each page is shown when it is there. Begins once more when the list moved under us.
    private func list(_ api: ComputeAPI, _ pageSize: Int?, _ course: inout Course) async throws
        -> Session.Pages<NovaServer>
    {
        let isFirst = course.since == nil
        var triesLeft = 2
        while true {
            do {
                return try await api.servers(ofAll: course.ofAll, pageSize: pageSize) { items, hasMore in
                    guard isFirst, hasMore else { return }
                    _ = await memory.change { $0.apply(items) }
                    signals.yield(.changed)
                }
            } catch let error as OpenStackError {
                triesLeft -= 1
                if course.ofAll, error.status == 403 {
                    course.ofAll = false
                } else if triesLeft == 0 || error.status != 400 {
                    throw error
                }
            }
        }
    }

    /// Where the next look at changes begins: when this answer was begun, and a little before.
    private static func next(_ pages: Session.Pages<NovaServer>) -> Timestamp? {
        if let date = pages.date { return date - pages.firstTook - overlap }
        return pages.items.compactMap(\.updated).max().map { $0 - overlap }
    }

    /// What was done with the VMs that changed.
    private func tellActions(of changed: [ID<VM>], _ api: ComputeAPI, _ course: inout Course) async {
        guard changed.count <= Self.actionsMax, let since = course.actionsSince else { return }
        var events: [FarmEvent] = []
        for vm in changed where await memory.picture.vms[vm] != nil {
            let actions = (try? await api.actions(of: vm)) ?? []
            for action in actions.reversed() {
                guard let at = action.updated ?? action.started, at >= since else { continue }
                guard course.toldActions.insert("\(action.requestID) \(action.failed)").inserted else { continue }
                var told = action
                if action.failed, let whole = try? await api.action(action.requestID, of: vm) { told = whole }
                events.append(told.event(of: vm, at: at))
            }
        }
        if course.toldActions.count > 10_000 {
            course.toldActions = []
            course.actionsSince = course.since
        }
        if !events.isEmpty { signals.yield(.events(events)) }
    }
}

extension NovaAction {
    /// It as an event.
    func event(of vm: ID<VM>, at moment: Timestamp) -> FarmEvent {
        guard failed else {
            return FarmEvent(at: moment, weight: .note, subject: .vm(vm), text: "was told to \(words)")
        }
        let step = steps.first { $0.result == "Error" }
        let why = step?.details ?? step?.name.map { "in step '\($0)'" }
        return FarmEvent(
            at: moment, weight: .warning, subject: .vm(vm), text: "could not \(words)" + (why.map { ": \($0)" } ?? ""))
    }

    /// `confirmResize` as `confirm resize`.
    private var words: String {
        action.reduce(into: "") { words, character in
            words += character.isUppercase ? " " + character.lowercased() : String(character)
        }
    }
}

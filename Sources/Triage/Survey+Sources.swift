import Model

extension Survey {
    /// Sources that tell nothing: what they told before is old, and nothing more can be said of it.
    mutating func findSources() {
        let sources = inventory.sources
        for (source, silence) in silent.sorted(by: { $0.key < $1.key }) {
            if inventory.clouds.keys.contains(where: { .cloud($0) == source }) {
                addCloud(source, silence)
            } else {
                addStore(source, silence)
            }
        }
        guard silent.count == sources.count, sources.count > 1 else { return }
        let first = silent.values.map(\.since).min()
        let all = silent
        var draft = begin(.nothingHeard, "", .critical, nil)
        draft.title = "all sources"
        draft.one = "are silent, \(sources.count) of them: nothing here is newer than that"
        draft.began(first)
        draft.related.sources = Set(all.keys)
        draft.cause = .unsure("the way from this computer is likelier than all of them at once")
        for (source, silence) in all.sorted(by: { $0.key < $1.key }) {
            draft.say(silence.since, "source \(source)", silence.why ?? "is silent")
        }
        drafts[draft.key] = draft
    }

    private mutating func addCloud(_ source: SourceID, _ silence: (since: Timestamp, why: String?)) {
        let cloud = ID<Cloud>(source.text)
        let vms = inventory.clouds[cloud]?.vms.keys.filter { isHeard($0) } ?? []
        var draft = begin(.cloudSilent, source.text, vms.isEmpty ? .critical : .warning, .source(source))
        draft.title = "cloud \(source)"
        draft.one = "does not answer" + (vms.isEmpty ? "" : "; the machines in its VMs do")
        draft.began(silence.since)
        draft.related.sources = [source]
        draft.say(silence.since, "cloud \(source)", silence.why ?? "is silent")
        if !vms.isEmpty {
            draft.say(now, "stores", "hear of \(count(vms.count, "machine")) in its VMs: servers and VMs run")
        }
        drafts[draft.key] = draft
    }

    private mutating func addStore(_ source: SourceID, _ silence: (since: Timestamp, why: String?)) {
        let cluster = ID<Cluster>(source.text)
        let part = inventory.clusters[cluster]
        var draft = begin(.storeSilent, source.text, .critical, .cluster(cluster))
        draft.one =
            part == nil
            ? "has a store that does not answer: nothing is known of it"
            : "has a store that does not answer; its units are as they were, what is shown of them is old"
        draft.title = part == nil ? "cluster \(source)" : nil
        draft.began(silence.since)
        draft.clusters = [cluster]
        draft.related.sources = [source]
        draft.related.clusters = [cluster]
        draft.say(silence.since, "store of \(source)", silence.why ?? "is silent")
        if let part {
            draft.units = part.units.count
            let heard = inventory.vms(of: cluster).count { $0.state == .active }
            let said = "\(count(part.machines.count, "machine")), \(count(part.units.count, "unit"))"
            draft.say(inventory.sources[source]?.answeredAt, "store of \(source)", "said last: \(said)")
            if heard > 0 { draft.say(now, "clouds", "\(count(heard, "VM")) of it \(heard == 1 ? "is" : "are") active") }
        }
        drafts[draft.key] = draft
    }
}

/// `1 unit`, `3 units`.
func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

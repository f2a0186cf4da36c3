import Model
import Screen

extension Console {
    func draw(_ scale: ScaleDialog, on screen: inout Screen) {
        let servers = freeServers(scale.cluster)
        let quotas = quotaLines(scale)
        let name = facts.name(of: .cluster(scale.cluster))
        let height = scale.rows.count + quotas.count + min(servers.count, 8) + 7
        let inner = box("Scale \(name)", Size(width: 72, height: height), on: &screen)
        drawFields(scale, inner, on: &screen)
        var y = inner.y + scale.rows.count + 2
        for line in quotas where y < inner.maxY - 2 {
            screen.put(line, in: Rect(x: inner.x, y: y, width: inner.width))
            y += 1
        }
        y += 1
        if y < inner.maxY - 2 {
            screen.put("servers with room", .header, in: Rect(x: inner.x, y: y, width: inner.width))
        }
        for line in servers where y < inner.maxY - 2 {
            y += 1
            screen.put(line, in: Rect(x: inner.x + 1, y: y, width: inner.width - 1))
        }
        screen.put(
            button(.accept, "go on") + [Word("   digits ", .hintKey)] + button(.more, "") + button(.fewer, "how many")
                + [Word("   ")] + button(.cancel, "leave it"),
            in: Rect(x: inner.x, y: inner.maxY - 1, width: inner.width))
    }

    private func drawFields(_ scale: ScaleDialog, _ inner: Rect, on screen: inout Screen) {
        let number = (Int?.none, scale.delta < 0 ? "fewer VMs" : "more VMs", "\(abs(scale.delta))")
        let fields = [number] + scale.rows.enumerated().map { ($0, $1.what.rawValue, $1.value ?? "the cluster's") }
        for (offset, (index, label, value)) in fields.enumerated() {
            let isHere = index == scale.row
            let row = Rect(x: inner.x, y: inner.y + offset + 1, width: inner.width)
            screen.put([Word(isHere ? "▌" : " ", .borderFocused), Word(padded(label, 9), .header)], in: row)
            let box = Rect(x: row.x + 12, y: row.y, width: 26)
            screen.put("‹ \(value) ›", isHere ? .accent : .text, in: box)
            screen.zone(row, .row(offset))
            if isHere { screen.lay(box, on: .input) }
            if index == nil {
                screen.put(
                    "wanted \(scale.current) → \(scale.target)", .text, in: Rect(x: row.x + 40, y: row.y, width: 28))
            }
        }
    }

    /// What may still be used, and whether that is enough.
    private func quotaLines(_ scale: ScaleDialog) -> [Line] {
        guard scale.delta > 0 else { return [] }
        return clouds(of: scale.cluster).compactMap { part in
            guard let quota = part.quota else { return nil }
            let wanted = scale.choice.flavor ?? facts.inventory.clusters[scale.cluster]?.cluster.flavor
            let flavor = part.flavors.first { $0.name == wanted }
            let shares: [(String, Quota.Share, Int?)] = [
                ("VMs", quota.vms, scale.delta), ("VCPUs", quota.vcpus, flavor.map { $0.vcpus * scale.delta }),
                ("GiB RAM", quota.memoryMiB, flavor.map { $0.memoryMiB * scale.delta }),
            ]
            var line = [Word("left in \(part.cloud.id)", .header)]
            for (what, share, needed) in shares {
                guard let limit = share.limit, let left = share.left else { continue }
                let unit = what == "GiB RAM" ? 1_024 : 1
                let isShort = (needed ?? 0) > left
                line.append(Word("  \(left / unit) of \(limit / unit) \(what)", isShort ? .critical : .text))
            }
            return line.count > 1 ? line : line + [Word("  no quota", .dim)]
        }
    }

    /// What each server has free, the emptiest first.
    private func freeServers(_ cluster: ID<Cluster>) -> [Line] {
        let servers = clouds(of: cluster).flatMap { $0.servers.values }
        let free = servers.map { server in
            (server: server, vcpus: server.vcpus.map { $0 - (server.vcpusUsed ?? 0) } ?? 0)
        }
        return free.sorted { ($1.vcpus, $0.server.name) < ($0.vcpus, $1.server.name) }.prefix(8).map { server, vcpus in
            let isUp = server.state == .up
            let memory = server.memoryMiB.map { "\(max(0, $0 - (server.memoryUsedMiB ?? 0)) / 1024)G" } ?? "–"
            return [
                Word(padded(server.name, 18), isUp ? .text : .dim),
                Word(
                    isUp ? "\(vcpus) VCPU  \(memory) RAM free" : "not used: \(server.state.word)",
                    isUp ? .text : .warning),
            ]
        }
    }
}

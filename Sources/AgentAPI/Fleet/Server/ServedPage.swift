import FoundationEssentials
import Model
import Web

/// One page of a list, and the token of the next.
///
/// A token names what the page before ended with, so it is good at every agent of the cluster, whatever the size of
/// its pages and whatever came and went meanwhile, and each page is beyond the last: every walk ends.
struct ServedPage {
    /// The lists there are; a token of one is none of another.
    enum List: String {
        case machines = "m"
        case units = "u"
        case states = "s"
    }

    /// What tells our tokens from others'.
    private static let mark = "qd1"
    private static let separator = "\u{0}"
    private let list: List
    /// What the page begins after: as many names as the list is sorted by; empty for the first page.
    let after: [String]

    /// What the request asks for.
    /// - Throws: `FleetBadRequest` for a token that is none of ours, an empty one, and more than one.
    init(_ list: List, _ request: WebRequest) throws(FleetBadRequest) {
        self.list = list
        let tokens = request.queryItems.filter { $0.name == "nextPageToken" }.map(\.value)
        guard let token = tokens.first else {
            after = []
            return
        }
        guard tokens.count == 1 else { throw FleetBadRequest(text: "too many values for nextPageToken: give one") }
        guard let names = Self.names(token, list) else {
            throw FleetBadRequest(text: "invalid value for nextPageToken: it is no token of this list")
        }
        after = names
    }

    /// The token of the page after these names.
    func token(after names: [String]) -> String {
        let text = ([Self.mark + list.rawValue] + names).joined(separator: Self.separator)
        let plain = Data(text.utf8).base64EncodedString()
        return String(plain.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }

    private static func names(_ token: String, _ list: List) -> [String]? {
        guard token.utf8.count <= 2_048 else { return nil }
        let plain = String(token.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        guard let data = Data(base64Encoded: plain) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(
            separator: Character(separator), omittingEmptySubsequences: false
        ).map(String.init)
        guard parts.first == mark + list.rawValue, parts.count == (list == .states ? 3 : 2) else { return nil }
        return Array(parts.dropFirst())
    }
}

/// What tells one list from the others.
private struct ServedList<Thing> {
    let list: ServedPage.List
    let field: StaticString
    /// The names of a thing that the list is sorted by.
    let names: (Thing) -> [String]
    let write: (inout JSONWriter, Thing) -> Void
}

extension FleetServer {
    func listMachines(_ request: WebRequest) throws(FleetBadRequest) -> WebResponse {
        let list = ServedList<Machine>(list: .machines, field: "machines", names: { [$0.id.text] }) {
            FleetMessages.Machine($1).write(to: &$0)
        }
        return try page(list, request) { services.machines($0.after.first ?? "", pageSize + 1) }
    }

    func listUnits(_ request: WebRequest) throws(FleetBadRequest) -> WebResponse {
        let list = ServedList<Unit>(list: .units, field: "units", names: { [$0.name.text] }) {
            FleetMessages.Unit($1, current: $1.current).write(to: &$0)
        }
        return try page(list, request) { services.units($0.after.first ?? "", pageSize + 1) }
    }

    func listStates(_ request: WebRequest) throws(FleetBadRequest) -> WebResponse {
        let list = ServedList<ServedState>(
            list: .states, field: "states", names: { [$0.place.unit, $0.place.machine] }
        ) {
            FleetMessages.State($1).write(to: &$0)
        }
        let unit = request.query["unitName"].flatMap { $0.isEmpty ? nil : $0 }
        let machine = request.query["machineID"].flatMap { $0.isEmpty ? nil : $0 }
        return try page(list, request) { page in
            let after = page.after.isEmpty ? nil : ServedState.Place(unit: page.after[0], machine: page.after[1])
            return services.states(after, pageSize + 1, unit, machine)
        }
    }

    /// Fields come in the order of their names, as fleet has them; an empty page is `{}`.
    ///
    /// - Parameter find: what there is, with one more than a page has
    private func page<Thing>(
        _ list: ServedList<Thing>, _ request: WebRequest, _ find: (ServedPage) -> [Thing]
    ) throws(FleetBadRequest) -> WebResponse {
        let page = try ServedPage(list.list, request)
        let found = find(page)
        let shown = Array(found.prefix(pageSize))
        let next = found.count > pageSize ? shown.last.map { page.token(after: list.names($0)) } : nil
        var text = JSONWriter()
        text.object { text in
            if list.list != .machines { text.field("nextPageToken", next) }
            if !shown.isEmpty { text.field(list.field) { $0.array(shown, list.write) } }
            if list.list == .machines { text.field("nextPageToken", next) }
        }
        return FleetAnswer.json(text.bytes)
    }
}

import Model
import Screen

/// A line that is being typed below.
struct Prompt: Sendable {
    enum Kind: Hashable, Sendable {
        case filter(PaneID)
        case eventFilter
        case search
        case map
        case submit
    }

    let kind: Kind
    var text: String
    /// What was there before; leaving brings it back.
    let original: String

    init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = text
        original = text
    }

    /// What stands before the text.
    var label: String {
        switch kind {
        case .filter: "filter"
        case .eventFilter: "filter events"
        case .search: "search"
        case .map: "light up units called"
        case .submit: "unit file to submit, a path"
        }
    }
}

extension Console {
    /// Puts a character into what is being typed.
    mutating func type(_ character: Character) {
        switch dialog {
        case .prompt(var prompt):
            prompt.text.append(character)
            change(prompt)
        case .palette: changePalette { $0.text.append(character) }
        case .confirmation(var confirmation) where confirmation.required != nil:
            confirmation.typed.append(character)
            dialog = .confirmation(confirmation)
        case .scale: changeScale { $0.type(character) }
        case .confirmation, .move, nil: break
        }
    }

    mutating func erase() -> [Effect] {
        switch dialog {
        case .prompt(var prompt):
            if !prompt.text.isEmpty { prompt.text.removeLast() }
            change(prompt)
        case .palette: changePalette { if !$0.text.isEmpty { $0.text.removeLast() } }
        case .confirmation(var confirmation):
            if !confirmation.typed.isEmpty { confirmation.typed.removeLast() }
            dialog = .confirmation(confirmation)
        case .scale: changeScale { $0.erase() }
        case .move, nil: break
        }
        return []
    }

    mutating func clearText() -> [Effect] {
        switch dialog {
        case .prompt(var prompt):
            prompt.text = ""
            change(prompt)
        case .palette: changePalette { $0.text = "" }
        case .confirmation(var confirmation):
            confirmation.typed = ""
            dialog = .confirmation(confirmation)
        case .scale, .move, nil: break
        }
        return []
    }

    /// Takes a prompt's new text; a filter holds while it is typed.
    private mutating func change(_ prompt: Prompt) {
        dialog = .prompt(prompt)
        apply(prompt.kind, prompt.text)
    }

    private mutating func apply(_ kind: Prompt.Kind, _ text: String) {
        switch kind {
        case .filter(let pane):
            panes[pane.rawValue].filter = Filter(text)
            panes[pane.rawValue].isDirty = true
        case .eventFilter:
            lists.eventFilter = Filter(text)
            lists.event = nil
        case .search: log?.search = text
        case .map: searchMap(text)
        case .submit: break
        }
    }

    /// Takes what is typed or chosen.
    mutating func accept() -> [Effect] {
        switch dialog {
        case .prompt(let prompt):
            dialog = nil
            return accepted(prompt)
        case .palette(let palette):
            dialog = nil
            return palette.choice.map { perform($0.action) } ?? []
        case .confirmation(let confirmation):
            guard confirmation.isAnswered else {
                tell("it does not match; \(key(of: Command.cancel)) leaves", .warning)
                return []
            }
            dialog = nil
            if let run = confirmation.run { return begin(run) }
            let standing = confirmation.orders.filter { facts.takesOrders(Self.subject(of: $0)) }
            let effects = standing.isEmpty ? [] : send(standing)
            tellGone(confirmation.orders.filter { !standing.contains($0) })
            return effects
        case .scale(let scale):
            return accept(scale)
        case .move(let move):
            dialog = nil
            return accept(move)
        case nil: return []
        }
    }

    /// Leaves the question; what a filter was before comes back.
    mutating func cancel() -> [Effect] {
        if case .prompt(let prompt) = dialog, prompt.kind != .submit { apply(prompt.kind, prompt.original) }
        dialog = nil
        return []
    }

    private mutating func accepted(_ prompt: Prompt) -> [Effect] {
        switch prompt.kind {
        case .filter, .eventFilter, .map: return []
        case .search:
            if log?.find(-1, height: details.height) != true, log?.find(1, height: details.height) != true {
                tell("'\(prompt.text)' is not in the log", .warning)
            }
            return []
        case .submit:
            return prompt.text.isEmpty ? [] : [.readFile(prompt.text)]
        }
    }

    /// What went while the question was open is told, not acted upon.
    private mutating func tellGone(_ orders: [Order]) {
        guard let first = orders.first else { return }
        let name = facts.name(of: Self.subject(of: first))
        tell(orders.count == 1 ? "\(name) is gone meanwhile" : "\(orders.count) of them are gone meanwhile", .warning)
    }
}

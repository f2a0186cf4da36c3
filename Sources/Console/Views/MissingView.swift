import Model
import Screen

extension Console {
    /// What clouds do not tell and why, below the servers where there is room.
    func drawMissing(_ pane: PaneID, below row: Int, in rect: Rect, on screen: inout Screen) {
        guard pane == .servers else { return }
        let clouds = facts.inventory.clouds.keys.sorted().compactMap { facts.inventory.clouds[$0]?.cloud }
        var y = row
        for cloud in clouds {
            for sentence in cloud.missing {
                let text = clouds.count > 1 ? "\(cloud.id): \(sentence)" : sentence
                for line in Self.wrapped(text, rect.width - 2) where y < rect.height {
                    screen.put(line, .dim, in: Rect(x: rect.x + 1, y: rect.y + y, width: rect.width - 2))
                    y += 1
                }
            }
        }
    }

    /// Text in lines of at most so many columns, broken between words.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, Screen.columns(of: line) + 1 + Screen.columns(of: String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

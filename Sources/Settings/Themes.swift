public import Curses
import FoundationEssentials
import Model
import TOMLKit

/// The themes there are: the bundled ones, and files in the user's directory, which win over those of the same name.
public struct Themes: Sendable {
    /// By name, in the order they are cycled.
    public private(set) var names: [String]
    private var themes: [String: Theme]
    /// What is wrong with files that were left out.
    public private(set) var problems: [SettingsError] = []

    /// Reads the bundled themes and those of a directory; a broken file is left out and named in ``problems``.
    public init(directory: String?) {
        names = BundledThemes.names
        themes = [:]
        for name in names {
            if let text = BundledThemes.texts[name] { take(text, file: "\(name).toml", expected: name) }
        }
        guard let directory, let files = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return }
        for file in files.sorted() where file.hasSuffix(".toml") {
            guard let data = try? Data(contentsOf: URL(filePath: "\(directory)/\(file)")) else { continue }
            take(String(decoding: data, as: UTF8.self), file: "\(directory)/\(file)", expected: nil)
        }
    }

    /// The theme of a name.
    public subscript(_ name: String) -> Theme? { themes[name] }

    /// Reads one theme file's text.
    /// - Throws: every problem with its line.
    public static func theme(_ text: String, file: String) throws(SettingsError) -> Theme {
        var reader = TOMLReader(file: file, text: text)
        guard let document = reader.document(text) else { throw reader.failure() }
        let top = TOMLReader.Place(header: "")
        reader.allow(["name", "faces"], in: document, top)
        let name = reader.string("name", in: document, top)
        if name == nil { reader.complain(0, "the file needs name = \"…\" at its top") }
        var theme = Theme(name: SafeText.name(name ?? ""), styles: [:])
        let place = TOMLReader.Place(header: "faces")
        if let faces = document["faces"]?.table {
            for face in faces.keys.sorted() {
                guard let style = reader.string(face, in: faces, place) else { continue }
                do throws(ThemeError) {
                    theme.styles.merge(try Theme(name: theme.name, faces: [face: style]).styles) { $1 }
                } catch {
                    reader.complain(reader.line(of: face, place), SafeText.clean(error.description, limit: 300))
                }
            }
        }
        if !reader.problems.isEmpty { throw reader.failure() }
        return theme
    }

    private mutating func take(_ text: String, file: String, expected: String?) {
        do throws(SettingsError) {
            let theme = try Self.theme(text, file: file)
            themes[theme.name] = theme
            if !names.contains(theme.name) { names.append(theme.name) }
        } catch {
            problems.append(error)
        }
    }
}

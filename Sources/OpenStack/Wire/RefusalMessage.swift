import FoundationEssentials
import Model
import Web

extension OpenStackError.Refusal {
    /// What an answer says no with; every service has its own shape for that.
    init(_ answer: WebAnswer, service: String, now: Timestamp) {
        self.init(
            service: service, status: answer.status, message: Self.words(answer),
            requestID: answer.headers["x-openstack-request-id"].map { SafeText.clean($0, limit: 64) },
            retryAfter: Self.retryAfter(answer, now))
    }

    private static func words(_ answer: WebAnswer) -> String {
        let isObject = answer.body.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D } == 0x7B
        if isObject, let found = try? JSONDecoder().decode(Message.self, from: Data(answer.body)), let text = found.text
        {
            return SafeText.clean(text, limit: 400)
        }
        return SafeText.clean(plain(String(decoding: answer.body.prefix(4_096), as: UTF8.self)), limit: 200)
    }

    /// HTML without its marks.
    private static func plain(_ text: String) -> String {
        var result = ""
        var isTag = false
        for character in text {
            switch character {
            case "<": isTag = true
            case ">" where isTag:
                isTag = false
                result += " "
            default: if !isTag { result.append(character) }
            }
        }
        return result.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func retryAfter(_ answer: WebAnswer, _ now: Timestamp) -> Duration? {
        guard let text = answer.headers["retry-after"] else { return nil }
        if let seconds = Int(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        guard let moment = Moment.http(text) else { return nil }
        let base = answer.headers["date"].flatMap { Moment.http($0) } ?? now
        return max(.zero, moment.since(base))
    }

    /// The first object with a message: `{kind: {message}}`, or Placement's `{errors: [{detail}]}`.
    private struct Message: Decodable {
        var text: String?

        private struct Body: Decodable {
            var message: String?
            var detail: String?
            var title: String?
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                if let body = try? container.decode(Body.self, forKey: key), let message = body.message {
                    text = message
                    return
                }
                if let list = try? container.decode([Body].self, forKey: key), let first = list.first {
                    text = first.detail ?? first.title ?? first.message
                    return
                }
            }
            text = try? container.decode(String.self, forKey: AnyKey("message"))
        }
    }
}

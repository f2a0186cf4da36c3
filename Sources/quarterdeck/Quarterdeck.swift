@main struct Quarterdeck { static func main() { print("x") } }

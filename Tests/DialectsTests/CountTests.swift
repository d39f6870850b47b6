import Testing

@testable import Dialects

struct CountTests {
    @Test(arguments: [0, 1, -1, .max, .min + 1] as [Int])
    func `a count holds every number and none`(number: Int) {
        var usage = Usage()
        #expect(usage.output == nil)
        usage.output = number
        #expect(usage.output == number)
        usage.output = nil
        #expect(usage == Usage())
    }

    @Test func `the least number is not taken for none`() {
        var usage = Usage()
        usage.output = .min
        #expect(usage.output == .min + 1)
    }

    @Test func `usage is small`() {
        #expect(MemoryLayout<Usage>.size <= 136)
    }
}

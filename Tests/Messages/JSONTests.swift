import Messages
import TestMessages
import Testing

@Suite struct JSONTests {
  static let cases: [(any Message, String)] = [
    (Plain(), "{}"),
    (
      Plain(int32Value: -1, int64Value: -2, uint32Value: 3, uint64Value: .max),
      #"{"int32Value":-1,"int64Value":"-2","uint32Value":3,"uint64Value":"18446744073709551615"}"#
    ),
    (
      Plain(sint32Value: -5, sint64Value: -6, fixed32Value: 7, fixed64Value: 8),
      #"{"sint32Value":-5,"sint64Value":"-6","fixed32Value":7,"fixed64Value":"8"}"#
    ),
    (
      Plain(sfixed32Value: -9, sfixed64Value: -10, boolValue: true),
      #"{"sfixed32Value":-9,"sfixed64Value":"-10","boolValue":true}"#
    ),
    (
      Plain(doubleValue: 0.5, floatValue: .infinity),
      #"{"doubleValue":0.5,"floatValue":"Infinity"}"#
    ),
    (
      Plain(stringValue: "a\"\\\n\u{1}é", bytesValue: [0xFF, 0]),
      #"{"stringValue":"a\"\\\n\u0001é","bytesValue":"/wA="}"#
    ),
    (Plain(leaf: Leaf(name: "x", tags: ["a", ""])), #"{"leaf":{"name":"x","tags":["a",""]}}"#),
    (OptionalScalars(int32Value: 0, stringValue: ""), #"{"int32Value":0,"stringValue":""}"#),
    (
      Lists(int32Values: [1, -1], fixed64Values: [2, 3], boolValues: [true, false]),
      #"{"int32Values":[1,-1],"fixed64Values":["2","3"],"boolValues":[true,false]}"#
    ),
    (Lists(leaves: [Leaf(), Leaf(name: "y")]), #"{"leaves":[{},{"name":"y"}]}"#),
    (
      Unpacked(int32Values: [1, 300], doubleValues: [1.5]),
      #"{"int32Values":[1,300],"doubleValues":[1.5]}"#
    ),
    (
      Maps(byString: ["k": "v"], byInt64: [-1: 0], byBool: [false: ""]),
      #"{"byString":{"k":"v"},"byInt64":{"-1":0.0},"byBool":{"false":""}}"#
    ),
    (
      Everything(
        duration: ProtoDuration(seconds: -3, nanos: -500_000_000),
        timestamp: ProtoTimestamp(seconds: 1_795_288_800, nanos: 1_000)),
      #"{"duration":"-3.500s","timestamp":"2026-11-21T19:20:00.000001Z"}"#
    ),
  ]

  @Test(arguments: cases.indices)
  func writes(index: Int) throws {
    let (message, expected) = Self.cases[index]
    #expect(try message.json() == expected)
  }

  @Test func writesEnumsByName() throws {
    let one = try Plain(color: Color(rawValue: 1)).json()
    #expect(one.hasPrefix(#"{"color":"COLOR_"#))
    #expect(try Plain(color: Color(rawValue: 99)).json() == #"{"color":99}"#)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
    (951_782_400, "2000-02-29T00:00:00Z"),
    (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
  ])
  func writesTimes(seconds: Int64, expected: String) {
    #expect(ProtoTimestamp(seconds: seconds).text == expected)
  }
}

import Testing

@testable import protoc_gen_orderwire

/// From proto names to those of Swift and of protobuf-c.
@Suite struct NamesTests {
  @Test(arguments: [
    ("name", "name"), ("request_id", "requestID"), ("id", "id"), ("image_url", "imageURL"),
    ("lease_ttl", "leaseTTL"), ("UpperCase", "upperCase"), ("Type", "type"), ("a_1_b", "a1B"),
    ("self", "self_"), ("trailing_", "trailing"),
  ])
  func makesLowerCamel(proto: String, swift: String) {
    #expect(lowerCamel(proto) == swift)
  }

  @Test(arguments: [
    ("POOL_STATE_OPEN", "PoolState", "open"), ("SERVING", "ServingStatus", "serving"),
    ("HTTP_CODE_NOT_FOUND", "HTTPCode", "notFound"), ("COLOR_3D", "Color", "color3d"),
    ("COLOR", "Color", "color"), ("POOL_STATE_UNSPECIFIED", "PoolState", "unspecified"),
  ])
  func namesEnumCases(value: String, enumeration: String, swift: String) {
    #expect(enumCaseName(value, of: enumeration) == swift)
  }

  @Test(arguments: [
    (
      "orderwire.v1.PoolState", "Orderwire__V1__PoolState", "orderwire__v1__pool_state"
    ),
    ("foo.bar_baz.HTTPRuleX", "Foo__BarBaz__HTTPRuleX", "foo__bar_baz__httprule_x"),
    ("a.B.C", "A__B__C", "a__b__c"),
  ])
  func namesAsProtobufCDoes(proto: String, type: String, variable: String) {
    #expect(cTypeName(proto) == type)
    #expect(cVariableName(proto) == variable)
  }

  @Test func namesFieldsAsProtobufCDoes() {
    #expect(cFieldName("int") == "int_")
    #expect(cFieldName("UpperCase") == "uppercase")
    #expect(cFieldName("in") == "in")
  }
}

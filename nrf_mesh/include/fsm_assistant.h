/*
 * Macros that apply a macro to each of their arguments.
 */
#ifndef FSM_ASSISTANT_H__
#define FSM_ASSISTANT_H__

/** One for an enumeration, one for a table of names, from the same list of names. */
#define DECLARE_ENUM(name) name,
#define DECLARE_STRING(name) #name,

/** ACT(a) ACT(b) ..., for 1 to 60 arguments. */
#define MACRO_FOR_EACH(ACT, ...)                                                                   \
    MACRO_CAT_(MACRO_EACH_, MACRO_COUNT_(__VA_ARGS__))(ACT, __VA_ARGS__)
/** ACT(a, b) ACT(c, d) ..., for 1 to 30 pairs. */
#define MACRO_FOR_PAIR(ACT, ...)                                                                   \
    MACRO_CAT_(MACRO_PAIR_, MACRO_COUNT_(__VA_ARGS__))(ACT, __VA_ARGS__)

#define MACRO_CAT_(a, b) MACRO_CAT2_(a, b)
#define MACRO_CAT2_(a, b) a##b
#define MACRO_COUNT_(...)                                                                          \
    MACRO_SELECT_(__VA_ARGS__, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, \
                  43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24,  \
                  23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2,  \
                  1, 0)
#define MACRO_SELECT_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,  \
                      _18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32,   \
                      _33, _34, _35, _36, _37, _38, _39, _40, _41, _42, _43, _44, _45, _46, _47,   \
                      _48, _49, _50, _51, _52, _53, _54, _55, _56, _57, _58, _59, _60, N, ...)     \
    N

/* clang-format off */
#define MACRO_EACH_1(ACT, a) ACT(a)
#define MACRO_EACH_2(ACT, a, ...) ACT(a) MACRO_EACH_1(ACT, __VA_ARGS__)
#define MACRO_EACH_3(ACT, a, ...) ACT(a) MACRO_EACH_2(ACT, __VA_ARGS__)
#define MACRO_EACH_4(ACT, a, ...) ACT(a) MACRO_EACH_3(ACT, __VA_ARGS__)
#define MACRO_EACH_5(ACT, a, ...) ACT(a) MACRO_EACH_4(ACT, __VA_ARGS__)
#define MACRO_EACH_6(ACT, a, ...) ACT(a) MACRO_EACH_5(ACT, __VA_ARGS__)
#define MACRO_EACH_7(ACT, a, ...) ACT(a) MACRO_EACH_6(ACT, __VA_ARGS__)
#define MACRO_EACH_8(ACT, a, ...) ACT(a) MACRO_EACH_7(ACT, __VA_ARGS__)
#define MACRO_EACH_9(ACT, a, ...) ACT(a) MACRO_EACH_8(ACT, __VA_ARGS__)
#define MACRO_EACH_10(ACT, a, ...) ACT(a) MACRO_EACH_9(ACT, __VA_ARGS__)
#define MACRO_EACH_11(ACT, a, ...) ACT(a) MACRO_EACH_10(ACT, __VA_ARGS__)
#define MACRO_EACH_12(ACT, a, ...) ACT(a) MACRO_EACH_11(ACT, __VA_ARGS__)
#define MACRO_EACH_13(ACT, a, ...) ACT(a) MACRO_EACH_12(ACT, __VA_ARGS__)
#define MACRO_EACH_14(ACT, a, ...) ACT(a) MACRO_EACH_13(ACT, __VA_ARGS__)
#define MACRO_EACH_15(ACT, a, ...) ACT(a) MACRO_EACH_14(ACT, __VA_ARGS__)
#define MACRO_EACH_16(ACT, a, ...) ACT(a) MACRO_EACH_15(ACT, __VA_ARGS__)
#define MACRO_EACH_17(ACT, a, ...) ACT(a) MACRO_EACH_16(ACT, __VA_ARGS__)
#define MACRO_EACH_18(ACT, a, ...) ACT(a) MACRO_EACH_17(ACT, __VA_ARGS__)
#define MACRO_EACH_19(ACT, a, ...) ACT(a) MACRO_EACH_18(ACT, __VA_ARGS__)
#define MACRO_EACH_20(ACT, a, ...) ACT(a) MACRO_EACH_19(ACT, __VA_ARGS__)
#define MACRO_EACH_21(ACT, a, ...) ACT(a) MACRO_EACH_20(ACT, __VA_ARGS__)
#define MACRO_EACH_22(ACT, a, ...) ACT(a) MACRO_EACH_21(ACT, __VA_ARGS__)
#define MACRO_EACH_23(ACT, a, ...) ACT(a) MACRO_EACH_22(ACT, __VA_ARGS__)
#define MACRO_EACH_24(ACT, a, ...) ACT(a) MACRO_EACH_23(ACT, __VA_ARGS__)
#define MACRO_EACH_25(ACT, a, ...) ACT(a) MACRO_EACH_24(ACT, __VA_ARGS__)
#define MACRO_EACH_26(ACT, a, ...) ACT(a) MACRO_EACH_25(ACT, __VA_ARGS__)
#define MACRO_EACH_27(ACT, a, ...) ACT(a) MACRO_EACH_26(ACT, __VA_ARGS__)
#define MACRO_EACH_28(ACT, a, ...) ACT(a) MACRO_EACH_27(ACT, __VA_ARGS__)
#define MACRO_EACH_29(ACT, a, ...) ACT(a) MACRO_EACH_28(ACT, __VA_ARGS__)
#define MACRO_EACH_30(ACT, a, ...) ACT(a) MACRO_EACH_29(ACT, __VA_ARGS__)
#define MACRO_EACH_31(ACT, a, ...) ACT(a) MACRO_EACH_30(ACT, __VA_ARGS__)
#define MACRO_EACH_32(ACT, a, ...) ACT(a) MACRO_EACH_31(ACT, __VA_ARGS__)
#define MACRO_EACH_33(ACT, a, ...) ACT(a) MACRO_EACH_32(ACT, __VA_ARGS__)
#define MACRO_EACH_34(ACT, a, ...) ACT(a) MACRO_EACH_33(ACT, __VA_ARGS__)
#define MACRO_EACH_35(ACT, a, ...) ACT(a) MACRO_EACH_34(ACT, __VA_ARGS__)
#define MACRO_EACH_36(ACT, a, ...) ACT(a) MACRO_EACH_35(ACT, __VA_ARGS__)
#define MACRO_EACH_37(ACT, a, ...) ACT(a) MACRO_EACH_36(ACT, __VA_ARGS__)
#define MACRO_EACH_38(ACT, a, ...) ACT(a) MACRO_EACH_37(ACT, __VA_ARGS__)
#define MACRO_EACH_39(ACT, a, ...) ACT(a) MACRO_EACH_38(ACT, __VA_ARGS__)
#define MACRO_EACH_40(ACT, a, ...) ACT(a) MACRO_EACH_39(ACT, __VA_ARGS__)
#define MACRO_EACH_41(ACT, a, ...) ACT(a) MACRO_EACH_40(ACT, __VA_ARGS__)
#define MACRO_EACH_42(ACT, a, ...) ACT(a) MACRO_EACH_41(ACT, __VA_ARGS__)
#define MACRO_EACH_43(ACT, a, ...) ACT(a) MACRO_EACH_42(ACT, __VA_ARGS__)
#define MACRO_EACH_44(ACT, a, ...) ACT(a) MACRO_EACH_43(ACT, __VA_ARGS__)
#define MACRO_EACH_45(ACT, a, ...) ACT(a) MACRO_EACH_44(ACT, __VA_ARGS__)
#define MACRO_EACH_46(ACT, a, ...) ACT(a) MACRO_EACH_45(ACT, __VA_ARGS__)
#define MACRO_EACH_47(ACT, a, ...) ACT(a) MACRO_EACH_46(ACT, __VA_ARGS__)
#define MACRO_EACH_48(ACT, a, ...) ACT(a) MACRO_EACH_47(ACT, __VA_ARGS__)
#define MACRO_EACH_49(ACT, a, ...) ACT(a) MACRO_EACH_48(ACT, __VA_ARGS__)
#define MACRO_EACH_50(ACT, a, ...) ACT(a) MACRO_EACH_49(ACT, __VA_ARGS__)
#define MACRO_EACH_51(ACT, a, ...) ACT(a) MACRO_EACH_50(ACT, __VA_ARGS__)
#define MACRO_EACH_52(ACT, a, ...) ACT(a) MACRO_EACH_51(ACT, __VA_ARGS__)
#define MACRO_EACH_53(ACT, a, ...) ACT(a) MACRO_EACH_52(ACT, __VA_ARGS__)
#define MACRO_EACH_54(ACT, a, ...) ACT(a) MACRO_EACH_53(ACT, __VA_ARGS__)
#define MACRO_EACH_55(ACT, a, ...) ACT(a) MACRO_EACH_54(ACT, __VA_ARGS__)
#define MACRO_EACH_56(ACT, a, ...) ACT(a) MACRO_EACH_55(ACT, __VA_ARGS__)
#define MACRO_EACH_57(ACT, a, ...) ACT(a) MACRO_EACH_56(ACT, __VA_ARGS__)
#define MACRO_EACH_58(ACT, a, ...) ACT(a) MACRO_EACH_57(ACT, __VA_ARGS__)
#define MACRO_EACH_59(ACT, a, ...) ACT(a) MACRO_EACH_58(ACT, __VA_ARGS__)
#define MACRO_EACH_60(ACT, a, ...) ACT(a) MACRO_EACH_59(ACT, __VA_ARGS__)
#define MACRO_PAIR_2(ACT, a, b) ACT(a, b)
#define MACRO_PAIR_4(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_2(ACT, __VA_ARGS__)
#define MACRO_PAIR_6(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_4(ACT, __VA_ARGS__)
#define MACRO_PAIR_8(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_6(ACT, __VA_ARGS__)
#define MACRO_PAIR_10(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_8(ACT, __VA_ARGS__)
#define MACRO_PAIR_12(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_10(ACT, __VA_ARGS__)
#define MACRO_PAIR_14(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_12(ACT, __VA_ARGS__)
#define MACRO_PAIR_16(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_14(ACT, __VA_ARGS__)
#define MACRO_PAIR_18(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_16(ACT, __VA_ARGS__)
#define MACRO_PAIR_20(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_18(ACT, __VA_ARGS__)
#define MACRO_PAIR_22(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_20(ACT, __VA_ARGS__)
#define MACRO_PAIR_24(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_22(ACT, __VA_ARGS__)
#define MACRO_PAIR_26(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_24(ACT, __VA_ARGS__)
#define MACRO_PAIR_28(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_26(ACT, __VA_ARGS__)
#define MACRO_PAIR_30(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_28(ACT, __VA_ARGS__)
#define MACRO_PAIR_32(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_30(ACT, __VA_ARGS__)
#define MACRO_PAIR_34(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_32(ACT, __VA_ARGS__)
#define MACRO_PAIR_36(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_34(ACT, __VA_ARGS__)
#define MACRO_PAIR_38(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_36(ACT, __VA_ARGS__)
#define MACRO_PAIR_40(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_38(ACT, __VA_ARGS__)
#define MACRO_PAIR_42(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_40(ACT, __VA_ARGS__)
#define MACRO_PAIR_44(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_42(ACT, __VA_ARGS__)
#define MACRO_PAIR_46(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_44(ACT, __VA_ARGS__)
#define MACRO_PAIR_48(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_46(ACT, __VA_ARGS__)
#define MACRO_PAIR_50(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_48(ACT, __VA_ARGS__)
#define MACRO_PAIR_52(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_50(ACT, __VA_ARGS__)
#define MACRO_PAIR_54(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_52(ACT, __VA_ARGS__)
#define MACRO_PAIR_56(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_54(ACT, __VA_ARGS__)
#define MACRO_PAIR_58(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_56(ACT, __VA_ARGS__)
#define MACRO_PAIR_60(ACT, a, b, ...) ACT(a, b) MACRO_PAIR_58(ACT, __VA_ARGS__)
/* clang-format on */

#endif

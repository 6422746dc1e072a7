/*
 * URIs as advertisements and OOB beacons have them: the scheme is one octet, the number of its name
 * in the Bluetooth Assigned Numbers. (Above 0x7F that is not UTF-8; it is what deployed devices
 * hash.)
 */
#ifndef URI_H__
#define URI_H__

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Schemes, as strings to put in front of the rest: URI_SCHEME_HTTPS "//example.com". */
#define URI_SCHEME_EMPTY "\x01"
#define URI_SCHEME_AAA "\x02"
#define URI_SCHEME_AAAS "\x03"
#define URI_SCHEME_ABOUT "\x04"
#define URI_SCHEME_ACAP "\x05"
#define URI_SCHEME_ACCT "\x06"
#define URI_SCHEME_CAP "\x07"
#define URI_SCHEME_CID "\x08"
#define URI_SCHEME_COAP "\x09"
#define URI_SCHEME_COAPS "\x0a"
#define URI_SCHEME_CRID "\x0b"
#define URI_SCHEME_DATA "\x0c"
#define URI_SCHEME_DAV "\x0d"
#define URI_SCHEME_DICT "\x0e"
#define URI_SCHEME_DNS "\x0f"
#define URI_SCHEME_FILE "\x10"
#define URI_SCHEME_FTP "\x11"
#define URI_SCHEME_GEO "\x12"
#define URI_SCHEME_GO "\x13"
#define URI_SCHEME_GOPHER "\x14"
#define URI_SCHEME_H323 "\x15"
#define URI_SCHEME_HTTP "\x16"
#define URI_SCHEME_HTTPS "\x17"
#define URI_SCHEME_IAX "\x18"
#define URI_SCHEME_ICAP "\x19"
#define URI_SCHEME_IM "\x1a"
#define URI_SCHEME_IMAP "\x1b"
#define URI_SCHEME_INFO "\x1c"
#define URI_SCHEME_IPP "\x1d"
#define URI_SCHEME_IPPS "\x1e"
#define URI_SCHEME_IRIS "\x1f"
#define URI_SCHEME_IRIS_BEEP "\x20"
#define URI_SCHEME_IRIS_XPC "\x21"
#define URI_SCHEME_IRIS_XPCS "\x22"
#define URI_SCHEME_IRIS_LWZ "\x23"
#define URI_SCHEME_JABBER "\x24"
#define URI_SCHEME_LDAP "\x25"
#define URI_SCHEME_MAILTO "\x26"
#define URI_SCHEME_MID "\x27"
#define URI_SCHEME_MSRP "\x28"
#define URI_SCHEME_MSRPS "\x29"
#define URI_SCHEME_MTQP "\x2a"
#define URI_SCHEME_MUPDATE "\x2b"
#define URI_SCHEME_NEWS "\x2c"
#define URI_SCHEME_NFS "\x2d"
#define URI_SCHEME_NI "\x2e"
#define URI_SCHEME_NIH "\x2f"
#define URI_SCHEME_NNTP "\x30"
#define URI_SCHEME_OPAQUELOCKTOKEN "\x31"
#define URI_SCHEME_POP "\x32"
#define URI_SCHEME_PRES "\x33"
#define URI_SCHEME_RELOAD "\x34"
#define URI_SCHEME_RTSP "\x35"
#define URI_SCHEME_RTSPS "\x36"
#define URI_SCHEME_RTSPU "\x37"
#define URI_SCHEME_SERVICE "\x38"
#define URI_SCHEME_SESSION "\x39"
#define URI_SCHEME_SHTTP "\x3a"
#define URI_SCHEME_SIEVE "\x3b"
#define URI_SCHEME_SIP "\x3c"
#define URI_SCHEME_SIPS "\x3d"
#define URI_SCHEME_SMS "\x3e"
#define URI_SCHEME_SNMP "\x3f"
#define URI_SCHEME_SOAP_BEEP "\x40"
#define URI_SCHEME_SOAP_BEEPS "\x41"
#define URI_SCHEME_STUN "\x42"
#define URI_SCHEME_STUNS "\x43"
#define URI_SCHEME_TAG "\x44"
#define URI_SCHEME_TEL "\x45"
#define URI_SCHEME_TELNET "\x46"
#define URI_SCHEME_TFTP "\x47"
#define URI_SCHEME_THISMESSAGE "\x48"
#define URI_SCHEME_TN3270 "\x49"
#define URI_SCHEME_TIP "\x4a"
#define URI_SCHEME_TURN "\x4b"
#define URI_SCHEME_TURNS "\x4c"
#define URI_SCHEME_TV "\x4d"
#define URI_SCHEME_URN "\x4e"
#define URI_SCHEME_VEMMI "\x4f"
#define URI_SCHEME_WS "\x50"
#define URI_SCHEME_WSS "\x51"
#define URI_SCHEME_XCON "\x52"
#define URI_SCHEME_XCON_USERID "\x53"
#define URI_SCHEME_XMLRPC_BEEP "\x54"
#define URI_SCHEME_XMLRPC_BEEPS "\x55"
#define URI_SCHEME_XMPP "\x56"
#define URI_SCHEME_Z39_50R "\x57"
#define URI_SCHEME_Z39_50S "\x58"
#define URI_SCHEME_ACR "\x59"
#define URI_SCHEME_ADIUMXTRA "\x5a"
#define URI_SCHEME_AFP "\x5b"
#define URI_SCHEME_AFS "\x5c"
#define URI_SCHEME_AIM "\x5d"
#define URI_SCHEME_APT "\x5e"
#define URI_SCHEME_ATTACHMENT "\x5f"
#define URI_SCHEME_AW "\x60"
#define URI_SCHEME_BARION "\x61"
#define URI_SCHEME_BESHARE "\x62"
#define URI_SCHEME_BITCOIN "\x63"
#define URI_SCHEME_BOLO "\x64"
#define URI_SCHEME_CALLTO "\x65"
#define URI_SCHEME_CHROME "\x66"
#define URI_SCHEME_CHROME_EXTENSION "\x67"
#define URI_SCHEME_COM_EVENTBRITE_ATTENDEE "\x68"
#define URI_SCHEME_CONTENT "\x69"
#define URI_SCHEME_CVS "\x6a"
#define URI_SCHEME_DLNA_PLAYSINGLE "\x6b"
#define URI_SCHEME_DLNA_PLAYCONTAINER "\x6c"
#define URI_SCHEME_DTN "\x6d"
#define URI_SCHEME_DVB "\x6e"
#define URI_SCHEME_ED2K "\x6f"
#define URI_SCHEME_FACETIME "\x70"
#define URI_SCHEME_FEED "\x71"
#define URI_SCHEME_FEEDREADY "\x72"
#define URI_SCHEME_FINGER "\x73"
#define URI_SCHEME_FISH "\x74"
#define URI_SCHEME_GG "\x75"
#define URI_SCHEME_GIT "\x76"
#define URI_SCHEME_GIZMOPROJECT "\x77"
#define URI_SCHEME_GTALK "\x78"
#define URI_SCHEME_HAM "\x79"
#define URI_SCHEME_HCP "\x7a"
#define URI_SCHEME_ICON "\x7b"
#define URI_SCHEME_IPN "\x7c"
#define URI_SCHEME_IRC "\x7d"
#define URI_SCHEME_IRC6 "\x7e"
#define URI_SCHEME_IRCS "\x7f"
#define URI_SCHEME_ITMS "\x80"
#define URI_SCHEME_JAR "\x81"
#define URI_SCHEME_JMS "\x82"
#define URI_SCHEME_KEYPARC "\x83"
#define URI_SCHEME_LASTFM "\x84"
#define URI_SCHEME_LDAPS "\x85"
#define URI_SCHEME_MAGNET "\x86"
#define URI_SCHEME_MAPS "\x87"
#define URI_SCHEME_MARKET "\x88"
#define URI_SCHEME_MESSAGE "\x89"
#define URI_SCHEME_MMS "\x8a"
#define URI_SCHEME_MS_HELP "\x8b"
#define URI_SCHEME_MS_SETTINGS_POWER "\x8c"
#define URI_SCHEME_MSNIM "\x8d"
#define URI_SCHEME_MUMBLE "\x8e"
#define URI_SCHEME_MVN "\x8f"
#define URI_SCHEME_NOTES "\x90"
#define URI_SCHEME_OID "\x91"
#define URI_SCHEME_PALM "\x92"
#define URI_SCHEME_PAPARAZZI "\x93"
#define URI_SCHEME_PKCS11 "\x94"
#define URI_SCHEME_PLATFORM "\x95"
#define URI_SCHEME_PROXY "\x96"
#define URI_SCHEME_PSYC "\x97"
#define URI_SCHEME_QUERY "\x98"
#define URI_SCHEME_RES "\x99"
#define URI_SCHEME_RESOURCE "\x9a"
#define URI_SCHEME_RMI "\x9b"
#define URI_SCHEME_RSYNC "\x9c"
#define URI_SCHEME_RTMFP "\x9d"
#define URI_SCHEME_RTMP "\x9e"
#define URI_SCHEME_SECONDLIFE "\x9f"
#define URI_SCHEME_SFTP "\xa0"
#define URI_SCHEME_SGN "\xa1"
#define URI_SCHEME_SKYPE "\xa2"
#define URI_SCHEME_SMB "\xa3"
#define URI_SCHEME_SMTP "\xa4"
#define URI_SCHEME_SOLDAT "\xa5"
#define URI_SCHEME_SPOTIFY "\xa6"
#define URI_SCHEME_SSH "\xa7"
#define URI_SCHEME_STEAM "\xa8"
#define URI_SCHEME_SUBMIT "\xa9"
#define URI_SCHEME_SVN "\xaa"
#define URI_SCHEME_TEAMSPEAK "\xab"
#define URI_SCHEME_TELIAEID "\xac"
#define URI_SCHEME_THINGS "\xad"
#define URI_SCHEME_UDP "\xae"
#define URI_SCHEME_UNREAL "\xaf"
#define URI_SCHEME_UT2004 "\xb0"
#define URI_SCHEME_VENTRILO "\xb1"
#define URI_SCHEME_VIEW_SOURCE "\xb2"
#define URI_SCHEME_WEBCAL "\xb3"
#define URI_SCHEME_WTAI "\xb4"
#define URI_SCHEME_WYCIWYG "\xb5"
#define URI_SCHEME_XFIRE "\xb6"
#define URI_SCHEME_XRI "\xb7"
#define URI_SCHEME_YMSGR "\xb8"
#define URI_SCHEME_EXAMPLE "\xb9"
#define URI_SCHEME_MS_SETTINGS_CLOUDSTORAGE "\xba"

/** The number of a scheme's name, which ends at a colon or with the string; 1: none of them. */
uint8_t uri_scheme_name_code_point(const char *p_name);
/** The name of a scheme's number, without the colon; "" for 1; NULL: there is none. */
const char *uri_scheme_name_string(uint8_t code_point);

/**
 * Makes the octets of a URI: the scheme's, and the rest as it is.
 *
 * @param[in,out] p_length  The room at @p p_data; the octets written.
 *
 * @retval NRF_SUCCESS               Made.
 * @retval NRF_ERROR_NULL            A pointer is NULL.
 * @retval NRF_ERROR_INVALID_LENGTH  There is no room.
 */
uint32_t uri_data_generate(const char *p_uri, uint8_t *p_data, uint16_t *p_length);
/**
 * The reverse: a string, its end included.
 *
 * @param[in,out] p_length  The room at @p p_uri; what was written, less the end.
 *
 * @retval NRF_SUCCESS               Made.
 * @retval NRF_ERROR_NULL            A pointer is NULL.
 * @retval NRF_ERROR_INVALID_DATA    No octets, or no such scheme.
 * @retval NRF_ERROR_INVALID_LENGTH  There is no room.
 */
uint32_t uri_data_parse(const uint8_t *p_data, uint16_t data_length, char *p_uri,
                        uint16_t *p_length);

#ifdef __cplusplus
}
#endif

#endif

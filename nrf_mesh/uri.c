/*
 * URIs as octets and as strings (uri.h).
 */
#include "uri.h"

#include "nrf_error.h"

#include <stddef.h>
#include <string.h>

/* Bluetooth Assigned Numbers, "URI scheme name string mapping"; the first is number 1, for a URI
 * whose scheme is none of them. */
static const char *const schemes[] = {
    "",
    "aaa",
    "aaas",
    "about",
    "acap",
    "acct",
    "cap",
    "cid",
    "coap",
    "coaps",
    "crid",
    "data",
    "dav",
    "dict",
    "dns",
    "file",
    "ftp",
    "geo",
    "go",
    "gopher",
    "h323",
    "http",
    "https",
    "iax",
    "icap",
    "im",
    "imap",
    "info",
    "ipp",
    "ipps",
    "iris",
    "iris.beep",
    "iris.xpc",
    "iris.xpcs",
    "iris.lwz",
    "jabber",
    "ldap",
    "mailto",
    "mid",
    "msrp",
    "msrps",
    "mtqp",
    "mupdate",
    "news",
    "nfs",
    "ni",
    "nih",
    "nntp",
    "opaquelocktoken",
    "pop",
    "pres",
    "reload",
    "rtsp",
    "rtsps",
    "rtspu",
    "service",
    "session",
    "shttp",
    "sieve",
    "sip",
    "sips",
    "sms",
    "snmp",
    "soap.beep",
    "soap.beeps",
    "stun",
    "stuns",
    "tag",
    "tel",
    "telnet",
    "tftp",
    "thismessage",
    "tn3270",
    "tip",
    "turn",
    "turns",
    "tv",
    "urn",
    "vemmi",
    "ws",
    "wss",
    "xcon",
    "xcon-userid",
    "xmlrpc.beep",
    "xmlrpc.beeps",
    "xmpp",
    "z39.50r",
    "z39.50s",
    "acr",
    "adiumxtra",
    "afp",
    "afs",
    "aim",
    "apt",
    "attachment",
    "aw",
    "barion",
    "beshare",
    "bitcoin",
    "bolo",
    "callto",
    "chrome",
    "chrome-extension",
    "com-eventbrite-attendee",
    "content",
    "cvs",
    "dlna-playsingle",
    "dlna-playcontainer",
    "dtn",
    "dvb",
    "ed2k",
    "facetime",
    "feed",
    "feedready",
    "finger",
    "fish",
    "gg",
    "git",
    "gizmoproject",
    "gtalk",
    "ham",
    "hcp",
    "icon",
    "ipn",
    "irc",
    "irc6",
    "ircs",
    "itms",
    "jar",
    "jms",
    "keyparc",
    "lastfm",
    "ldaps",
    "magnet",
    "maps",
    "market",
    "message",
    "mms",
    "ms-help",
    "ms-settings-power",
    "msnim",
    "mumble",
    "mvn",
    "notes",
    "oid",
    "palm",
    "paparazzi",
    "pkcs11",
    "platform",
    "proxy",
    "psyc",
    "query",
    "res",
    "resource",
    "rmi",
    "rsync",
    "rtmfp",
    "rtmp",
    "secondlife",
    "sftp",
    "sgn",
    "skype",
    "smb",
    "smtp",
    "soldat",
    "spotify",
    "ssh",
    "steam",
    "submit",
    "svn",
    "teamspeak",
    "teliaeid",
    "things",
    "udp",
    "unreal",
    "ut2004",
    "ventrilo",
    "view-source",
    "webcal",
    "wtai",
    "wyciwyg",
    "xfire",
    "xri",
    "ymsgr",
    "example",
    "ms-settings-cloudstorage",
};

#define SCHEME_NONE 1u
#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

uint8_t uri_scheme_name_code_point(const char *p_name)
{
    size_t len = strcspn(p_name, ":");

    for (size_t i = 1; i < SCHEME_COUNT; i++) {
        if (strlen(schemes[i]) == len && memcmp(schemes[i], p_name, len) == 0) {
            return (uint8_t)(i + 1);
        }
    }
    return SCHEME_NONE;
}

const char *uri_scheme_name_string(uint8_t code_point)
{
    return code_point >= 1 && code_point <= SCHEME_COUNT ? schemes[code_point - 1] : NULL;
}

uint32_t uri_data_generate(const char *p_uri, uint8_t *p_data, uint16_t *p_length)
{
    const char *rest;
    uint8_t scheme;

    if (p_uri == NULL || p_data == NULL || p_length == NULL) {
        return NRF_ERROR_NULL;
    }
    rest = strchr(p_uri, ':');
    scheme = rest == NULL ? SCHEME_NONE : uri_scheme_name_code_point(p_uri);
    rest = scheme == SCHEME_NONE ? p_uri : rest + 1;
    if (strlen(rest) >= *p_length) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    p_data[0] = scheme;
    memcpy(p_data + 1, rest, strlen(rest)); /* NOLINT(bugprone-not-null-terminated-result) */
    *p_length = (uint16_t)(1 + strlen(rest));
    return NRF_SUCCESS;
}

uint32_t uri_data_parse(const uint8_t *p_data, uint16_t data_length, char *p_uri,
                        uint16_t *p_length)
{
    const char *name;
    size_t head, len;

    if (p_data == NULL || p_uri == NULL || p_length == NULL) {
        return NRF_ERROR_NULL;
    }
    name = data_length == 0 ? NULL : uri_scheme_name_string(p_data[0]);
    if (name == NULL) {
        return NRF_ERROR_INVALID_DATA;
    }
    head = p_data[0] == SCHEME_NONE ? 0 : strlen(name) + 1;
    len = head + data_length - 1;
    if (len >= *p_length) {
        return NRF_ERROR_INVALID_LENGTH;
    }
    if (head != 0) {
        memcpy(p_uri, name, head - 1);
        p_uri[head - 1] = ':';
    }
    memcpy(p_uri + head, p_data + 1, data_length - 1u);
    p_uri[len] = '\0';
    *p_length = (uint16_t)len;
    return NRF_SUCCESS;
}

#!/usr/bin/env python3
"""Writes tests/vectors/flows.json: what the service promises, scripted in time.

    python3 tests/oracle/flows.py            write it
    python3 tests/oracle/flows.py --check    fail if it is stale

The answers are written by hand from the rules; only the device codes are computed,
by RFC 6238 with Python's standard library.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

START=1_800_000_000
S1=b"12345678901234567890"; S2=b"abcdefghijabcdefghij"; 
b32=lambda s: base64.b32encode(s).decode().rstrip("=")
def code(at, s=S1):
    h=hmac.new(s, struct.pack(">Q",(START+at)//30), hashlib.sha1).digest()
    o=h[-1]&15
    return "%06d" % ((struct.unpack(">I",h[o:o+4])[0]&0x7fffffff)%10**6)
def wrong(at):
    good={code(at+d,s) for d in range(-120,121,30) for s in (S1,S2)}
    return next(c for c in ("000000","111111","222222") if c not in good)
cases=[]
def case(id, comment, steps): cases.append({"id":id,"comment":comment,"steps":steps})
def user(at, name="ann", secret=S1, **kw): return {"at":at,"do":"user","user":name,"secret":b32(secret),**kw}
def totp(at, c, expect, name="ann", **kw): return {"at":at,"do":"totp","user":name,"code":c,"expect":expect,**kw}
acc={"outcome":"accepted"}; rep={"outcome":"replayed"}
def mis(n): return {"outcome":"mismatch","attempts_left":n}
def five(at): return [totp(at,wrong(at),mis(n)) for n in (4,3,2,1,0)]

for phase in (0,15,29):
    steps=[]
    for d in range(-61,62):
        ok = abs((START+phase+d)//30-(START+phase)//30)<=1
        steps+= [user(phase,f"u{d}"), totp(phase, code(phase+d), acc if ok else mis(4), f"u{d}")]
    case(f"totp-window-{phase}", f"Of the codes of every second from 61 before to 61 after, those of one step to each side are accepted; the time is {phase} s into a step.", steps)

case("totp-five-wrong-block","The fifth wrong code blocks for 30 seconds; the right code is refused meanwhile, does not end the block, and is accepted after it.",
 [user(0)]+five(0)+[
  totp(0,code(0),{"outcome":"blocked","until":30}), totp(29,code(29),{"outcome":"blocked","until":30}),
  {"at":29,"do":"view-user","user":"ann","expect":{"status":"blocked","failures":5}},
  totp(30,code(30),acc), {"at":30,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}])
case("totp-success-clears","An accepted code clears the wrong ones before it: four more are allowed.",
 [user(0)]+[totp(0,wrong(0),mis(n)) for n in (4,3,2,1)]+[totp(0,code(0),acc)]+[totp(1,wrong(0),mis(n)) for n in (4,3,2,1,0)])
t=0; steps=[user(0)]; tier=30
for block in range(20):
    last = block==19
    left=[4,3,2,1,0]
    steps+=[totp(t,wrong(t),mis(n)) for n in left]
    if last:
        steps+=[totp(t,code(t),{"outcome":"disabled"}), totp(t+40*86400,code(t+40*86400),{"outcome":"disabled"})]
        steps+=[{"at":t+40*86400,"do":"view-user","user":"ann","expect":{"status":"disabled","failures":100}}]
        late=t+40*86400
    else:
        steps+=[totp(t+tier-1,code(t+tier-1),{"outcome":"blocked","until":t+tier})]
        t+=tier; tier=min(tier*2,3600)
steps+=[{"at":late,"do":"enrol","user":"ann","secret":b32(S2),"ticket":"new","expect":{}},
        {"at":late,"do":"confirm","ticket":"new","code":code(late,S2),"expect":acc},
        totp(late+30,code(late+30,S2),acc)]
case("totp-hundred-wrong-disable","Blocks double from 30 seconds to an hour; 100 wrong codes in a row disable for good, whatever the time, until enrolled anew.",steps)
case("totp-used-code","A used code is replayed, not wrong: however often and late it comes again it counts for nothing. So is an older one in the window.",
 [user(0),totp(0,code(0),acc)]+[totp(a,code(0),rep) for a in (0,1,29,59,60,300,86_400) for _ in range(3)]+
 [{"at":86_400,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}, totp(86_400,code(86_400),acc)])
case("totp-a-b-a","After A and then B neither A nor B nor any step before B is accepted again.",
 [user(0),totp(0,code(-30),acc),totp(0,code(0),acc),totp(1,code(-30),rep),totp(1,code(0),rep),totp(1,code(30),acc),totp(2,code(0),rep),totp(2,code(30),rep),totp(2,code(-30),rep)])
case("totp-burns-earlier-steps","Accepting the code of a step burns those before it, though they were never used.",
 [user(0),totp(0,code(30),acc),totp(0,code(0),rep),totp(0,code(-30),rep),totp(60,code(60),acc)])
bad=[" "+code(0),code(0)+" ",code(0)+"\n",code(0)[:5],code(0)+"0","","+12345","-12345","12345\u0000","\uff11\uff12\uff13\uff14\uff15\uff16","1\u200b2345","12 456","0x1234","1e5000"]
case("totp-malformed-is-no-guess","What cannot be a code is refused as malformed and counts for nothing, also after the code was used.",
 [user(0)]+[totp(0,b,{"outcome":"malformed"}) for b in bad]+[totp(0,code(0),acc)]+[totp(0,b,{"outcome":"malformed"}) for b in bad]+
 [{"at":0,"do":"view-user","user":"ann","expect":{"status":"active","failures":0}}])
case("enrolment-confirm-burns","The code that confirms an enrolment is used up for verifying too; the ticket works once.",
 [user(0,enrolled=False,ticket="t"),totp(0,code(0),{"outcome":"not-enrolled"}),
  {"at":0,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1),"expires_at":86_400}},
  {"at":0,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1),"expires_at":86_400}},
  {"at":1,"do":"confirm","ticket":"t","code":wrong(0),"expect":mis(4)},
  {"at":1,"do":"confirm","ticket":"t","code":code(0),"expect":acc},
  totp(2,code(0),rep), {"at":2,"do":"confirm","ticket":"t","code":code(30),"expect":{"error":"enrolment-not-found"}},
  {"at":2,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},
  totp(30,code(30),acc)])
case("enrolment-blocks","Confirming is guarded like verifying: five wrong codes block, the right one included.",
 [user(0,enrolled=False,ticket="t")]+[{"at":0,"do":"confirm","ticket":"t","code":wrong(0),"expect":mis(n)} for n in (4,3,2,1,0)]+
 [{"at":29,"do":"confirm","ticket":"t","code":code(29),"expect":{"outcome":"blocked","until":30}},{"at":30,"do":"confirm","ticket":"t","code":code(30),"expect":acc}])
case("enrolment-expires","A ticket is void from the second in which it expires.",
 [user(0,enrolled=False,ticket="t"),{"at":86_399,"do":"view-enrolment","ticket":"t","expect":{"secret":b32(S1)}},
  {"at":86_400,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},
  {"at":86_400,"do":"confirm","ticket":"t","code":code(86_400),"expect":{"error":"enrolment-not-found"}}])
case("enrolment-anew","The old secret works until the new one is confirmed, and never after; an enrolment opened later voids the one before.",
 [user(0),{"at":0,"do":"enrol","user":"ann","secret":b32(S2),"ticket":"a","expect":{}},totp(0,code(0),acc),
  {"at":1,"do":"enrol","user":"ann","secret":b32(S2),"ticket":"b","expect":{}},
  {"at":1,"do":"confirm","ticket":"a","code":code(1,S2),"expect":{"error":"enrolment-not-found"}},
  totp(30,code(30),acc),{"at":30,"do":"confirm","ticket":"b","code":code(30,S2),"expect":acc},
  totp(60,code(60),mis(4)),totp(60,code(60,S2),acc)])
case("enrolment-anew-with-the-same-secret","A secret that is enrolled again spends none of its codes twice.",
 [user(0),totp(0,code(0),acc),{"at":1,"do":"enrol","user":"ann","secret":b32(S1),"ticket":"a","expect":{}},
  {"at":1,"do":"confirm","ticket":"a","code":code(0),"expect":rep},totp(1,code(30),acc),
  {"at":2,"do":"confirm","ticket":"a","code":code(30),"expect":rep},{"at":60,"do":"confirm","ticket":"a","code":code(60),"expect":acc},totp(60,code(60),rep)])
case("enrolment-revoke","Revoking ends the old secret at once.",
 [user(0),{"at":0,"do":"enrol","user":"ann","secret":b32(S2),"revoke":True,"ticket":"a","expect":{}},totp(0,code(0),{"outcome":"not-enrolled"}),
  {"at":0,"do":"confirm","ticket":"a","code":code(0,S2),"expect":acc},totp(30,code(30),mis(4)),totp(30,code(30,S2),acc)])
case("user-exists","A user that exists is not created again: the secret stays.",
 [user(0),user(0,secret=S2,expect={"error":"user-exists"}),user(0,secret=S2,enrolled=False,ticket="t",expect={"error":"user-exists"}),totp(0,code(0),acc)])
case("restore-floor","After a restore nothing that could have been accepted before it is: not the used code, nor those of the steps up to the window's end; challenges from before are over.",
 [user(0),{"at":0,"do":"send","to":"+447700900121","otp":"o","expect":{}},{"at":0,"do":"backup"},totp(1,code(1),acc),
  {"at":1,"do":"verify","otp":"o","code":"sent","expect":acc},{"at":2,"do":"restore"},
  totp(2,code(1),rep),totp(2,code(30),rep),totp(29,code(30),rep),totp(31,code(30),rep),totp(31,code(60),acc),
  {"at":3,"do":"verify","otp":"o","code":"sent","expect":{"outcome":"expired"}},
  {"at":40,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("other-accounts","What belongs to another account is not there.",
 [user(0,enrolled=False,ticket="t"),user(0,"bob"),{"at":0,"do":"send","to":"+447700900121","otp":"o","expect":{}},
  totp(0,code(0),{"error":"domain-not-found"},"bob",account="other"),
  {"at":0,"do":"view-user","user":"bob","account":"other","expect":{"error":"domain-not-found"}},
  {"at":0,"do":"delete-user","user":"bob","account":"other","expect":{"error":"domain-not-found"}},
  {"at":0,"do":"enrol","user":"bob","secret":b32(S2),"ticket":"x","account":"other","expect":{"error":"domain-not-found"}},
  user(0,"eve",account="other",expect={"error":"domain-not-found"}),
  {"at":0,"do":"verify","otp":"o","code":"sent","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"resend","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"cancel","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"view","otp":"o","account":"other","expect":{"error":"challenge-not-found"}},
  {"at":40,"do":"send","to":"+447700900121","otp":"p","account":"other","expect":{"error":"domain-not-found"}},
  totp(40,code(40),acc,"bob"),{"at":40,"do":"verify","otp":"o","code":"sent","expect":acc}])
case("unknown-user","An unknown user is not found; a deleted one is unknown, and one made anew knows nothing of the old secret.",
 [totp(0,code(0),{"error":"user-not-found"},"nobody"),user(0),{"at":0,"do":"delete-user","user":"ann","expect":{}},totp(0,code(0),{"error":"user-not-found"}),
  {"at":0,"do":"delete-user","user":"ann","expect":{"error":"user-not-found"}},user(0,secret=S2),totp(0,code(0),mis(4)),totp(0,code(0,S2),acc)])

def send(at,otp,expect=None,to="+447700900121",**kw): return {"at":at,"do":"send","to":to,"otp":otp,"expect":expect or {},**kw}
def ver(at,otp,c,expect,**kw): return {"at":at,"do":"verify","otp":otp,"code":c,"expect":expect,**kw}
case("sent-once","A sent code is accepted once; sent again it is replayed and counts for nothing.",
 [send(0,"o",{"channel":"sms","expires_at":300,"resend_at":30,"attempts_left":5}),ver(1,"o","wrong",mis(4)),ver(1,"o","sent",acc)]+[ver(a,"o","sent",rep) for a in (1,2,299,300,3600)]+
 [{"at":3600,"do":"view","otp":"o","expect":{"status":"verified"}}])
case("sent-malformed-is-no-guess","What this challenge cannot have sent is refused as malformed and counts for nothing, also after the code was used.",
 [send(0,"o")]+[ver(1,"o","short",{"outcome":"malformed"})]*6+[ver(1,"o","wrong",mis(4)),ver(1,"o","short",{"outcome":"malformed"}),{"at":1,"do":"view","otp":"o","expect":{"status":"pending","attempts_left":4}},
  ver(1,"o","sent",acc),ver(1,"o","short",{"outcome":"malformed"}),{"at":1,"do":"view","otp":"o","expect":{"status":"verified"}}])
case("sent-expiry","A code is good up to the second before it expires.",
 [send(0,"o"),{"at":299,"do":"view","otp":"o","expect":{"status":"pending","attempts_left":5}},send(40,"p",{"expires_at":340}),ver(299,"o","sent",acc),
  ver(340,"p","sent",{"outcome":"expired"}),ver(341,"p","wrong",{"outcome":"expired"}),{"at":341,"do":"view","otp":"p","expect":{"status":"expired","attempts_left":0}},
  send(400,"q",{"expires_at":430},expiry=30),ver(430,"q","sent",{"outcome":"expired"}),send(500,"r",{"expires_at":1100},expiry=600),ver(1099,"r","sent",acc),
  send(2000,"s",{"error":"invalid-expiry"},expiry=29),send(2000,"s",{"error":"invalid-expiry"},expiry=601)])
case("sent-five-wrong","The fifth wrong code ends the challenge and blocks the recipient for 30 seconds: nothing is sent meanwhile, and another challenge's right code is refused.",
 [send(0,"o"),send(30,"p")]+[ver(30,"o","wrong",mis(n)) for n in (4,3,2,1,0)]+[ver(30,"o","sent",{"outcome":"exhausted"}),ver(59,"p","sent",{"outcome":"blocked","until":60}),
  send(59,"q",{"error":"recipient-blocked","until":60}),{"at":59,"do":"resend","otp":"p","expect":{"error":"recipient-blocked","until":60}},
  {"at":59,"do":"view","otp":"o","expect":{"status":"exhausted","attempts_left":0}},{"at":59,"do":"view","otp":"p","expect":{"status":"pending","attempts_left":0}},
  ver(60,"p","sent",acc),ver(61,"o","sent",{"outcome":"exhausted"})])
case("sent-new-challenge-no-new-attempts","A new challenge brings no new attempts: wrong codes belong to the recipient.",
 [send(0,"a"),send(30,"b",{"attempts_left":5}),ver(30,"a","wrong",mis(4)),ver(30,"b","wrong",mis(3)),ver(30,"a","wrong",mis(2)),send(60,"c",{"attempts_left":2}),ver(60,"c","wrong",mis(1)),ver(60,"b","wrong",mis(0)),
  ver(60,"c","sent",{"outcome":"blocked","until":90}),ver(90,"c","sent",acc)])
t=1200; steps=[]; 
case("resend","A resend makes a new code, voids the old one, and keeps the lifetime and the wrong codes.",
 [send(0,"o",{"expires_at":300,"resend_at":30}),*[ver(1,"o","wrong",mis(n)) for n in (4,3,2)],
  {"at":29,"do":"resend","otp":"o","expect":{"error":"send-limit","limit":"recipient","retry_at":30}},
  {"at":30,"do":"resend","otp":"o","expect":{"expires_at":300,"resend_at":60,"attempts_left":2,"channel":"sms"}},
  ver(31,"o","previous",mis(1)),ver(31,"o","sent",acc),{"at":70,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("resend-four-then-one","Four wrong codes, a resend and one more: blocked.",
 [send(0,"o"),*[ver(1,"o","wrong",mis(n)) for n in (4,3,2,1)],{"at":30,"do":"resend","otp":"o","expect":{"attempts_left":1}},ver(30,"o","wrong",mis(0)),
  {"at":30,"do":"resend","otp":"o","expect":{"error":"challenge-over"}},ver(30,"o","sent",{"outcome":"exhausted"}),send(31,"p",{"error":"recipient-blocked","until":60})])
case("resend-does-not-extend","A code sent again dies with its challenge.",
 [send(0,"o"),{"at":299,"do":"resend","otp":"o","expect":{"expires_at":300}},ver(300,"o","sent",{"outcome":"expired"}),{"at":330,"do":"resend","otp":"o","expect":{"error":"challenge-over"}}])
case("resend-that-cannot-travel","A resend by a channel without a provider leaves the code before it as it was, and takes no place among the sends.",
 [send(0,"o"),{"at":1,"do":"configure","channels":["sms","email"]},{"at":30,"do":"resend","otp":"o","channel":"voice","expect":{"error":"channel-not-configured"}},
  {"at":31,"do":"view","otp":"o","expect":{"status":"pending","channel":"sms"}},{"at":31,"do":"resend","otp":"o","expect":{"channel":"sms"}},ver(31,"o","sent",acc),
  send(62,"p"),{"at":100,"do":"resend","otp":"p","channel":"voice","expect":{"error":"channel-not-configured"}},ver(101,"p","sent",acc),
  {"at":102,"do":"resend","otp":"p","channel":"email","expect":{"error":"invalid-channel"}}])
case("cancel","A cancelled challenge accepts nothing and counts nothing; a used one is not undone.",
 [send(0,"o"),{"at":1,"do":"cancel","otp":"o","expect":{}},{"at":1,"do":"cancel","otp":"o","expect":{}},ver(1,"o","sent",{"outcome":"cancelled"}),ver(1,"o","wrong",{"outcome":"cancelled"}),
  {"at":1,"do":"view","otp":"o","expect":{"status":"cancelled","attempts_left":0}},send(30,"p",{"attempts_left":5}),ver(31,"p","sent",acc),{"at":31,"do":"cancel","otp":"p","expect":{"error":"challenge-over"}},ver(31,"p","sent",rep)])
ctx={"amount":"EUR 25.00","payee":"Noir"}
for k,other in (("amount",{"amount":"EUR 25.01","payee":"Noir"}),("payee",{"amount":"EUR 25.00","payee":"Noir."}),("more",{**ctx,"ref":"1"}),("less",{"amount":"EUR 25.00"})):
    case(f"context-{k}","A code for another transaction is refused, counted, and void also for its own.",
     [send(0,"o",context=ctx),ver(1,"o","sent",{"error":"context-required"}),ver(1,"o","sent",{"outcome":"context-mismatch"},context=other),ver(2,"o","sent",{"outcome":"exhausted"},context=ctx),
      send(30,"p",{"attempts_left":4},context=ctx),ver(31,"p","sent",acc,context=ctx)])
case("context-unasked","A code that was sent for no transaction approves none.",[send(0,"o"),ver(1,"o","sent",{"outcome":"context-mismatch"},context=ctx),ver(2,"o","sent",{"outcome":"exhausted"})])
case("send-limits","One message in 30 seconds, five in ten minutes, ten in a day, to the second; a refused one takes no place.",
 [send(0,"a",{"resend_at":30}),send(29,"x",{"error":"send-limit","limit":"recipient","retry_at":30})]+[send(30*i,f"b{i}") for i in (1,2,3)]+[send(120,"c",{"resend_at":600}),send(150,"x",{"error":"send-limit","retry_at":600}),send(599,"x",{"error":"send-limit","retry_at":600}),
  send(600,"d",{"resend_at":630}),*[send(600+30*i,f"e{i}") for i in (1,2,3)],send(720,"f",{"resend_at":86_400}),send(5000,"x",{"error":"send-limit","retry_at":86_400}),send(86_399,"x",{"error":"send-limit","retry_at":86_400}),send(86_400,"g",{"resend_at":86_430})])
case("send-limit-one-mailbox","The spellings of one mailbox share one limit; another mailbox has its own.",
 [send(0,"a",to="Ann.Lee@Example.COM",channels=["email"]),send(1,"b",{"error":"send-limit","retry_at":30},to="ann.lee@example.com",channels=["email"]),send(1,"b",{"error":"send-limit","retry_at":30},to="ANN.LEE@EXAMPLE.com",channels=["email"]),
  send(1,"c",to="bob.lee@example.com",channels=["email"]),ver(2,"a","sent",acc)])
n=[f"+4477009001{i:02d}" for i in range(20)]
case("account-limit","An account's daily limit counts messages, not refusals: a storm of refused requests uses none of it up. It ends with the day (UTC).",
 [{"at":0,"do":"policy","per_account_and_day":3}]+[send(0,"a",to=n[0])]+[send(1,"x",{"error":"send-limit","limit":"recipient","retry_at":30},to=n[0])]*6+
 [{"at":1,"do":"resend","otp":"a","expect":{"error":"send-limit","limit":"recipient","retry_at":30}}]*6+
 [send(1,"b",to=n[1]),send(1,"c",to=n[2]),send(2,"d",{"error":"send-limit","limit":"account","retry_at":57_600},to=n[3]),
  {"at":40,"do":"resend","otp":"a","expect":{"error":"send-limit","limit":"account","retry_at":57_600}},ver(41,"a","sent",acc),
  send(57_599,"d",{"error":"send-limit","limit":"account","retry_at":57_600},to=n[3]),send(57_600,"d",to=n[3])])
case("fallback","A channel without a provider is passed over; with none left nothing is sent, no place is taken, and the challenge is not there.",
 [{"at":0,"do":"configure","channels":["voice"]},send(0,"a",{"channel":"voice"},channels=["sms","voice"]),{"at":0,"do":"view","otp":"a","expect":{"channel":"voice","status":"pending"}},ver(1,"a","sent",acc),
  send(30,"b",{"error":"channel-not-configured"},channels=["sms"]),send(30,"b",{"error":"channel-not-configured"},channels=["sms"]),send(30,"c",{"channel":"voice"},channels=["sms","voice"])])
case("language","A message is in the nearest language that has texts: subtags are taken off a tag's end, and with none left it is English. A resend keeps it; what is no tag sends nothing.",
 [send(0,"x",{"error":"invalid-language"},language="de_AT"),send(0,"a",{"language":"de"},language="de-AT"),{"at":30,"do":"resend","otp":"a","channel":"voice","expect":{"language":"de","channel":"voice"}},ver(31,"a","sent",acc),
  send(60,"b",{"language":"pt-BR"},language="PT-br"),send(90,"c",{"language":"zh-Hant"},language="zh-TW"),send(120,"d",{"language":"en"},language="fi"),send(600,"e",{"language":"en"})])
case("sim-swap","A SIM of which nothing is known, or that changed, is refused where asked to be; a question that cannot be asked changes nothing.",
 [{"at":0,"do":"sim","sim":"unknown"},send(0,"a",{"error":"sim-swap-unknown"},sim_swap={"max_age_hours":240,"on_swapped":"flag","on_unknown":"next-channel"}),
  send(30,"a",{"error":"sim-swap-unknown"},sim_swap={"max_age_hours":240,"on_swapped":"flag","on_unknown":"refuse"}),
  send(60,"a",{"sim_swap":"unknown"},sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",{"error":"invalid-max-age"},sim_swap={"max_age_hours":2401,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",{"error":"invalid-channel"},to="ann@example.com",channels=["email"],sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(90,"b",to="ann@example.com",channels=["email"]),send(90,"c",{"resend_at":120}),
  {"at":120,"do":"sim","sim":"swapped"},send(120,"d",{"error":"sim-swapped"},sim_swap={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"flag"}),
  send(600,"d",{"error":"sim-swapped"},channels=["voice","sms"],sim_swap={"max_age_hours":240,"on_swapped":"next-channel","on_unknown":"flag"})])
nos={"max_age_hours":240,"on_swapped":"refuse","on_unknown":"refuse"}
case("sim-swap-remembered","What an operator knew is used again for ten minutes, to the second, for as many hours and what follows from them; what it did not know is not kept.",
 [{"at":0,"do":"sim","sim":"unknown"},send(0,"a",{"error":"sim-swap-unknown"},sim_swap=nos),{"at":30,"do":"sim","sim":"not-swapped"},send(30,"a",{"sim_swap":"not-swapped"},sim_swap=nos),
  {"at":31,"do":"sim","sim":"swapped"},send(60,"b",{"sim_swap":"not-swapped"},sim_swap={**nos,"max_age_hours":24}),send(60,"x",{"error":"sim-swapped"},to="+447700900122",sim_swap=nos),
  send(629,"c",{"sim_swap":"not-swapped"},sim_swap=nos),send(1229,"d",{"error":"sim-swapped"},sim_swap=nos),{"at":1230,"do":"sim","sim":"not-swapped"},
  send(1828,"e",{"error":"sim-swapped"},sim_swap={**nos,"max_age_hours":2400}),send(2428,"f",{"sim_swap":"not-swapped"},sim_swap=nos)])
case("erase","Erasing a user or a recipient leaves nothing to verify against.",
 [user(0,enrolled=False,ticket="t"),{"at":0,"do":"delete-user","user":"ann","expect":{}},{"at":0,"do":"view-enrolment","ticket":"t","expect":{"error":"enrolment-not-found"}},totp(0,code(0),{"error":"user-not-found"}),
  send(0,"o"),{"at":1,"do":"erase-recipient","to":"+447700900121","expect":{}},ver(1,"o","sent",{"error":"challenge-not-found"}),{"at":1,"do":"empty","expect":{}}])
case("clock-ahead","What a clock that ran ahead by years wrote locks nobody out once it is set back, and no code outlives its lifetime.",
 [{"at":3_000_000_000,"do":"user","user":"ann","secret":b32(S1)}]+[totp(3_000_000_000,wrong(3_000_000_000),mis(n)) for n in (4,3,2,1,0)]+[totp(3_000_000_000,code(3_000_000_000),{"outcome":"blocked","until":3_000_000_030}),
  send(3_000_000_000,"o"),totp(0,code(0),acc),ver(0,"o","sent",{"outcome":"expired"}),send(0,"p",{"expires_at":300}),ver(1,"p","sent",acc)])
case("clock-ahead-login","A code accepted while the clock ran ahead burns what can be accepted once it is set back, and itself for good, and nothing else: nobody is locked out until the calendar gets there.",
 [user(0),totp(2_592_000,code(2_592_000),acc),totp(0,code(0),rep),totp(30,code(30),rep),totp(60,code(60),acc),totp(60,code(60),rep),totp(2_592_000,code(2_592_000),rep),totp(2_592_030,code(2_592_030),acc)])
case("clock-corrected","A clock set back by a few seconds ends no block and forgets no message.",
 [user(100)]+five(100)+[totp(95,code(95),{"outcome":"blocked","until":130}),send(100,"o"),send(95,"p",{"error":"send-limit","retry_at":130})])
doc={"family":"flows","source":"Device codes: RFC 6238 computed with Python's hmac and struct modules. Expected answers: written from the rules (RFC 6238 section 5.2, NIST SP 800-63B section 3.2.2, the service's documented limits), not taken from a run.",
 "notes":{"at":"Seconds after 1800000000, the first of a TOTP step; so are expires_at, resend_at, retry_at and until. Times may go back, as clocks do.",
  "start":"Each case begins with an empty store, an account with one domain, a provider for every channel and the default policy.",
  "code":"Of a sent code: `sent` is the last one, `previous` the one before it, `wrong` one that differs from the last in its first character, `short` the last without it. Of a device: the code itself.",
  "account":"`other` is an account that has no domain; the step uses the first account's ids.",
  "otp, ticket":"Names that a step gives to what it makes, for later steps.",
  "restore":"Puts the last backup back and sets the replay floor to the time of the step.",
  "empty":"Nothing is stored but the domain.",
  "expect":"Only the given parts of an answer are compared; a step without it must not fail."},"cases":cases}
out="{\n"+",\n".join(f'  "{k}": {json.dumps(doc[k])}' for k in ("family", "source", "notes"))+',\n  "cases": [\n'
out+=",\n".join("    {\n"+f'      "id": {json.dumps(c["id"])},\n      "comment": {json.dumps(c["comment"])},\n      "steps": [\n'+",\n".join("        "+json.dumps(s) for s in c["steps"])+"\n      ]\n    }" for c in cases)+"\n  ]\n}\n"

path = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "flows.json"
if "--check" in sys.argv:
    sys.exit(0 if path.read_text() == out else "flows.json is stale: run tests/oracle/flows.py")
path.write_text(out)
print(len(cases), "cases")
